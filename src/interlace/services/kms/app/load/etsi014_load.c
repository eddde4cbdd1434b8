/* Load for ETSI GS QKD 014: connections that ask for keys again and again, each from its thread.
 *
 *   etsi014_load HOST PORT CA CERT KEY PATH NUMBER CONNECTIONS SECONDS REQUESTS RATE
 *
 * asks PATH (.../enc_keys) for NUMBER keys at a time until SECONDS are over or REQUESTS are made
 * (0: as many as there is time for). RATE requests a second in all; 0: each connection asks as soon
 * as it has its answer. With a rate, a latency counts from when the request was due, so that one
 * slow answer is not hidden by the requests that it kept from being sent.
 *
 * Mutual TLS 1.3 and keep-alive. Prints one line of JSON. Key material is counted, never printed.
 *
 *   cc -O2 -pthread -o etsi014_load etsi014_load.c -lssl -lcrypto
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

struct line {                /* one connection, and what it has seen */
    long index, requests, keys, refused, failed;
    unsigned *took_us;       /* latency of each answer with keys */
    long answers, space;
    int refusal;             /* status of the first answer without keys, and its body */
    char why[256];
};

static struct {
    const char *host, *port;
    SSL_CTX *tls;
    char request[2048];
    int request_bytes;
    long lines, most;
    double begin, end, rate;
    atomic_long begun;
} run;

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void wait_until(double at)
{
    struct timespec t = {(time_t)at, (long)(1e9 * (at - (double)(time_t)at))};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void hang_up(SSL *ssl)
{
    if (ssl == NULL)
        return;
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
}

static SSL *dial(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(run.host, run.port, &hints, &found) != 0)
        die("the host has no address");
    int fd = -1, one = 1;
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    if (fd < 0)
        return NULL;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL *ssl = SSL_new(run.tls);
    if (ssl == NULL)
        die("no memory");
    SSL_set_fd(ssl, fd);
    SSL_set1_host(ssl, run.host);
    SSL_set_tlsext_host_name(ssl, run.host);
    if (SSL_connect(ssl) != 1) {
        hang_up(ssl);
        return NULL;
    }
    return ssl;
}

/* Read one answer into a buffer that ends with a zero; its status, or 0 if it does not come. */
static int read_answer(SSL *ssl, char *buffer, char **body)
{
    long have = 0, need = -1;
    for (;;) {
        int more = have < ROOM - 1 ? SSL_read(ssl, buffer + have, (int)(ROOM - 1 - have)) : 0;
        if (more <= 0)
            return 0;
        have += more;
        buffer[have] = 0;
        if (need < 0) {
            char *end = strstr(buffer, "\r\n\r\n"), *length = strcasestr(buffer, "content-length:");
            if (end == NULL)
                continue;
            if (length == NULL || length > end)
                return 0;
            *body = end + 4;
            need = *body - buffer + strtol(length + 15, NULL, 10);
        }
        if (have >= need)
            return atoi(buffer + 9);
    }
}

static void note(struct line *line, double seconds, const char *body)
{
    for (const char *at = body; (at = strstr(at, "\"key_ID\"")) != NULL; at += 8)
        line->keys++;
    if (line->answers == line->space) {
        line->space = line->space ? 2 * line->space : 4096;
        line->took_us = realloc(line->took_us, (size_t)line->space * sizeof *line->took_us);
        if (line->took_us == NULL)
            die("no memory");
    }
    line->took_us[line->answers++] = (unsigned)(1e6 * seconds);
}

static void *ask(void *argument)
{
    struct line *line = argument;
    char *buffer = malloc(ROOM), *body = NULL;
    SSL *ssl = NULL;
    if (buffer == NULL)
        die("no memory");
    for (;;) {
        long turn = atomic_fetch_add(&run.begun, 1);
        double due = run.rate > 0 ? run.begin + (double)turn / run.rate : now();
        if (due >= run.end || (run.most > 0 && turn >= run.most))
            break;
        if (ssl == NULL && (ssl = dial()) == NULL) {
            line->failed++;
            wait_until(now() + 0.05);
            continue;
        }
        if (run.rate > 0)
            wait_until(due);
        double from = run.rate > 0 ? due : now();
        int status = SSL_write(ssl, run.request, run.request_bytes) > 0
            ? read_answer(ssl, buffer, &body) : 0;
        line->requests++;
        if (status == 200) {
            note(line, now() - from, body);
        } else if (status == 0) {
            line->failed++;
            hang_up(ssl);
            ssl = NULL;
        } else {
            if (line->refused++ == 0) {
                line->refusal = status;
                snprintf(line->why, sizeof line->why, "%s", body);
            }
            wait_until(now() + 0.002);
        }
    }
    hang_up(ssl);
    memset(buffer, 0, ROOM);
    free(buffer);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static void tell(struct line *lines, double wall_s)
{
    struct line sum = {0};
    struct rusage used;
    for (long i = 0; i < run.lines; i++) {
        sum.requests += lines[i].requests;
        sum.keys += lines[i].keys;
        sum.refused += lines[i].refused;
        sum.failed += lines[i].failed;
        sum.answers += lines[i].answers;
        if (sum.refusal == 0 && lines[i].refusal != 0) {
            sum.refusal = lines[i].refusal;
            memcpy(sum.why, lines[i].why, sizeof sum.why);
        }
    }
    unsigned *all = calloc((size_t)sum.answers + 1, sizeof *all), *to = all;
    if (all == NULL)
        die("no memory");
    for (long i = 0; i < run.lines; to += lines[i++].answers)
        if (lines[i].answers)
            memcpy(to, lines[i].took_us, (size_t)lines[i].answers * sizeof *all);
    qsort(all, (size_t)sum.answers, sizeof *all, by_size);
    getrusage(RUSAGE_SELF, &used);
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        + 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    long last = sum.answers > 0 ? sum.answers - 1 : 0;
    printf("{\"requests\":%ld,\"served\":%ld,\"keys\":%ld,\"refused\":%ld,\"failed\":%ld,\"wall_s\":%.6f,"
           "\"generator_cpu_s\":%.6f,\"p50_s\":%.6f,\"p99_s\":%.6f,\"most_s\":%.6f,"
           "\"refusal\":%d,\"why_hex\":\"",
           sum.requests, sum.answers, sum.keys, sum.refused, sum.failed, wall_s, cpu_s,
           1e-6 * all[last / 2], 1e-6 * all[(long)(0.99 * (double)last)], 1e-6 * all[last], sum.refusal);
    for (const char *at = sum.why; *at != 0; at++)
        printf("%02x", (unsigned char)*at);
    printf("\"}\n");
}

int main(int count, char **words)
{
    if (count != 12)
        die("etsi014_load HOST PORT CA CERT KEY PATH NUMBER CONNECTIONS SECONDS REQUESTS RATE");
    signal(SIGPIPE, SIG_IGN);
    run.host = words[1];
    run.port = words[2];
    run.tls = SSL_CTX_new(TLS_client_method());
    if (run.tls == NULL || !SSL_CTX_set_min_proto_version(run.tls, TLS1_3_VERSION)
        || !SSL_CTX_load_verify_locations(run.tls, words[3], NULL)
        || SSL_CTX_use_certificate_chain_file(run.tls, words[4]) != 1
        || SSL_CTX_use_PrivateKey_file(run.tls, words[5], SSL_FILETYPE_PEM) != 1)
        die("a certificate or key cannot be used");
    SSL_CTX_set_verify(run.tls, SSL_VERIFY_PEER, NULL);
    const char *form = atol(words[7]) == 1 ? "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n"
                                           : "GET %s?number=%s HTTP/1.1\r\nHost: %s\r\n\r\n";
    run.request_bytes = atol(words[7]) == 1
        ? snprintf(run.request, sizeof run.request, form, words[6], run.host)
        : snprintf(run.request, sizeof run.request, form, words[6], words[7], run.host);
    if (run.request_bytes >= (int)sizeof run.request)
        die("the path is too long");
    run.lines = atol(words[8]);
    run.most = atol(words[10]);
    run.rate = atof(words[11]);
    pthread_t *threads = calloc((size_t)run.lines, sizeof *threads);
    struct line *lines = calloc((size_t)run.lines, sizeof *lines);
    if (run.lines < 1 || threads == NULL || lines == NULL)
        die("needs at least one connection");
    run.begin = now();
    run.end = run.begin + atof(words[9]);
    for (long i = 0; i < run.lines; i++) {
        lines[i].index = i;
        if (pthread_create(&threads[i], NULL, ask, &lines[i]) != 0)
            die("cannot start so many threads");
    }
    for (long i = 0; i < run.lines; i++)
        pthread_join(threads[i], NULL);
    tell(lines, now() - run.begin);
    return 0;
}
