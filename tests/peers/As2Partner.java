import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** BouncyCastle as a partner over files: writes in streams, as AS2 software does, and reads what we wrote. */
public class As2Partner {
    static Path folder;
    static X509Certificate certificate;
    static PrivateKey key;
    static byte[] content;

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        folder = Paths.get(arguments[0]);
        content = Files.readAllBytes(folder.resolve("content"));
        certificate = certificate("cert.pem");
        key = key("RSA", "key.pem");
        encrypt("3des", CMSAlgorithm.DES_EDE3_CBC, null);
        encrypt("aes128", CMSAlgorithm.AES128_CBC, null);
        encrypt("aes256", CMSAlgorithm.AES256_CBC, null);
        encrypt("gcm128", CMSAlgorithm.AES128_GCM, null);
        encrypt("gcm256", CMSAlgorithm.AES256_GCM, null);
        encrypt("oaep256", CMSAlgorithm.AES256_CBC, "SHA-256");
        sign("sha1", "SHA1withRSA");
        sign("sha256", "SHA256withRSA");
        sign("sha512", "SHA512withRSA");
        sign("pss", "SHA256withRSAandMGF1");
        for (String[] curve : CURVES) {
            var ours = key("EC", curve[0] + ".key");
            sign(curve[0], curve[1], ours, certificate(curve[0] + ".pem"));
        }
        compress();
        for (File file : folder.toFile().listFiles((where, name) -> name.startsWith("ours"))) read(file);
    }

    static void encrypt(String name, ASN1ObjectIdentifier cipher, String oaep) throws Exception {
        JceKeyTransRecipientInfoGenerator recipient;
        if (oaep == null) {
            recipient = new JceKeyTransRecipientInfoGenerator(certificate);
        } else {
            AlgorithmIdentifier how = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(
                org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers.id_RSAES_OAEP,
                new javax.crypto.spec.OAEPParameterSpec(oaep, "MGF1", new MGF1ParameterSpec(oaep), javax.crypto.spec.PSource.PSpecified.DEFAULT));
            recipient = new JceKeyTransRecipientInfoGenerator(certificate, how);
        }
        recipient.setProvider("BC");
        OutputStream file = new FileOutputStream(folder.resolve("theirs-" + name + ".enc").toFile());
        boolean authenticated = name.startsWith("gcm");
        var encryptor = new JceCMSContentEncryptorBuilder(cipher).setProvider("BC").build();
        OutputStream out;
        if (authenticated) {
            var generator = new CMSAuthEnvelopedDataGenerator();
            generator.addRecipientInfoGenerator(recipient);
            var sealed = generator.generate(new CMSProcessableByteArray(content), (org.bouncycastle.operator.OutputAEADEncryptor) encryptor);
            file.write(sealed.getEncoded());
            file.close();
            System.out.println("wrote theirs-" + name);
            return;
        } else {
            var generator = new CMSEnvelopedDataStreamGenerator();
            generator.addRecipientInfoGenerator(recipient);
            out = generator.open(file, encryptor);
        }
        write(out);
        file.close();
        System.out.println("wrote theirs-" + name);
    }

    static final String[][] CURVES = {{"P-256", "SHA256withECDSA"}, {"P-384", "SHA384withECDSA"}, {"P-521", "SHA512withECDSA"}};

    static X509Certificate certificate(String file) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(folder.resolve(file))));
    }

    static PrivateKey key(String algorithm, String file) throws Exception {
        String pem = Files.readString(folder.resolve(file)).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }

    static void sign(String name, String algorithm) throws Exception {
        sign(name, algorithm, key, certificate);
    }

    /** Both forms: beside the content, and around it. */
    static void sign(String name, String algorithm, PrivateKey key, X509Certificate certificate) throws Exception {
        sign(name + ".sig", false, algorithm, key, certificate);
        sign(name + ".p7m", true, algorithm, key, certificate);
    }

    static void sign(String name, boolean around, String algorithm, PrivateKey key, X509Certificate certificate) throws Exception {
        var generator = new CMSSignedDataStreamGenerator();
        var signer = new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key);
        var digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(digests).build(signer, certificate));
        generator.addCertificates(new JcaCertStore(List.of(certificate)));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        OutputStream out = generator.open(bytes, around);
        write(out);
        Files.write(folder.resolve("theirs-" + name), bytes.toByteArray());
        System.out.println("wrote theirs-" + name);
    }

    static void compress() throws Exception {
        OutputStream file = new FileOutputStream(folder.resolve("theirs.zip").toFile());
        OutputStream out = new CMSCompressedDataStreamGenerator().open(file, new org.bouncycastle.cms.jcajce.ZlibCompressor());
        write(out);
        file.close();
        System.out.println("wrote theirs.zip");
    }

    static void write(OutputStream out) throws IOException {
        for (int at = 0; at < content.length; at += 1000) out.write(content, at, Math.min(1000, content.length - at));
        out.close();
    }

    static void read(File file) throws Exception {
        byte[] bytes = Files.readAllBytes(file.toPath());
        byte[] found;
        boolean around = file.getName().endsWith(".p7m");
        if (around || file.getName().endsWith(".sig")) {
            X509Certificate by = certificate;
            for (String[] curve : CURVES) if (file.getName().contains(curve[0])) by = certificate(curve[0] + ".pem");
            CMSSignedData signed = around ? new CMSSignedData(bytes) : new CMSSignedData(new CMSProcessableByteArray(content), bytes);
            SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
            byte[] inside = (byte[]) signed.getSignedContent().getContent();
            found = signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(by)) ? inside : null;
        } else if (file.getName().endsWith(".zip")) {
            found = new CMSCompressedData(bytes).getContent(new org.bouncycastle.cms.jcajce.ZlibExpanderProvider());
        } else if (file.getName().contains("gcm")) {
            var recipients = new CMSAuthEnvelopedData(bytes).getRecipientInfos().getRecipients();
            found = recipients.iterator().next().getContent(new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC"));
        } else {
            var recipients = new CMSEnvelopedData(bytes).getRecipientInfos().getRecipients();
            found = recipients.iterator().next().getContent(new JceKeyTransEnvelopedRecipient(key).setProvider("BC"));
        }
        if (!Arrays.equals(found, content)) throw new IllegalStateException(file.getName() + " is not what was written");
        System.out.println("read " + file.getName());
    }
}
