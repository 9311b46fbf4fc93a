/* libcrypto's CMS, as an AS2 message needs it: messages per second sent (sign, encrypt) and received (decrypt, verify,
 * sign a receipt). Run by benches/as2.rs in a folder with us.pem and them.pem; the argument is the size in bytes. */
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void load(const char *name, X509 **certificate, EVP_PKEY **key) {
    BIO *file = BIO_new_file(name, "r");
    *certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
    BIO_free(file);
    file = BIO_new_file(name, "r");
    *key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
    BIO_free(file);
}

static X509 *us, *them;
static EVP_PKEY *our_key, *their_key;

static BIO *sign(BIO *content, X509 *certificate, EVP_PKEY *key) {
    CMS_ContentInfo *cms = CMS_sign(certificate, key, NULL, content, CMS_BINARY | CMS_DETACHED);
    BIO *out = BIO_new(BIO_s_mem());
    i2d_CMS_bio(out, cms);
    CMS_ContentInfo_free(cms);
    return out;
}

/* The signed message: content, then its signature, and how long the content is. */
static BIO *seal(const char *text, long bytes) {
    BIO *content = BIO_new_mem_buf(text, bytes), *signature = sign(content, us, our_key), *inner = BIO_new(BIO_s_mem());
    char *data;
    long length = BIO_get_mem_data(signature, &data);
    BIO_write(inner, text, bytes);
    BIO_write(inner, data, length);
    STACK_OF(X509) *whom = sk_X509_new_null();
    sk_X509_push(whom, them);
    CMS_ContentInfo *cms = CMS_encrypt(whom, inner, EVP_aes_256_cbc(), CMS_BINARY);
    BIO *out = BIO_new(BIO_s_mem());
    i2d_CMS_bio(out, cms);
    CMS_ContentInfo_free(cms);
    sk_X509_free(whom);
    BIO_free(content), BIO_free(signature), BIO_free(inner);
    return out;
}

static int open_(const char *message, long length, long bytes) {
    BIO *in = BIO_new_mem_buf(message, length), *inner = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
    int ok = CMS_decrypt(cms, their_key, them, NULL, inner, CMS_BINARY);
    CMS_ContentInfo_free(cms);
    char *data;
    long whole = BIO_get_mem_data(inner, &data);
    BIO *signature = BIO_new_mem_buf(data + bytes, whole - bytes), *content = BIO_new_mem_buf(data, bytes);
    cms = d2i_CMS_bio(signature, NULL);
    STACK_OF(X509) *pinned = sk_X509_new_null();
    sk_X509_push(pinned, us);
    ok = ok && CMS_verify(cms, pinned, NULL, content, NULL, CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY);
    CMS_ContentInfo_free(cms);
    sk_X509_free(pinned);
    BIO *receipt = BIO_new_mem_buf(data, bytes < 600 ? bytes : 600), *signed_receipt = sign(receipt, them, their_key);
    BIO_free(receipt), BIO_free(signed_receipt), BIO_free(in), BIO_free(inner), BIO_free(signature), BIO_free(content);
    return ok;
}

int main(int count, char **arguments) {
    long bytes = count > 1 ? atol(arguments[1]) : 10240;
    char *text = malloc(bytes), *message;
    memset(text, 'x', bytes);
    load("us.pem", &us, &our_key);
    load("them.pem", &them, &their_key);
    BIO *sealed = seal(text, bytes);
    long length = BIO_get_mem_data(sealed, &message);
    double begun = now();
    int sent = 0, received = 0;
    while (now() - begun < 3) BIO_free(seal(text, bytes)), sent++;
    double sending = sent / (now() - begun);
    begun = now();
    while (now() - begun < 3) {
        if (!open_(message, length, bytes)) return 1;
        received++;
    }
    printf("%f %f\n", sending, received / (now() - begun));
    return 0;
}
