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
        certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(folder.resolve("cert.pem"))));
        String pem = Files.readString(folder.resolve("key.pem")).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
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

    static void sign(String name, String algorithm) throws Exception {
        var generator = new CMSSignedDataStreamGenerator();
        var signer = new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key);
        var digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(digests).build(signer, certificate));
        generator.addCertificates(new JcaCertStore(List.of(certificate)));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        OutputStream out = generator.open(bytes, false);
        write(out);
        Files.write(folder.resolve("theirs-" + name + ".sig"), bytes.toByteArray());
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
        if (file.getName().endsWith(".sig")) {
            CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(content), bytes);
            SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
            found = signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate)) ? content : null;
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
