/* front.c -- answers `zero build` where nothing has changed, and hands over to Python in every other case.
 *
 *     zero-front PYTHON -I -S LAUNCHER build FILE -o OUT ...    from PYTHON on, the command that it stands for
 *
 * It compiles, prints and writes nothing.  compiler/nochange.py kept a record in the store for exactly these words,
 * folder, user and environment: what every file that the answer depends on looked like, folders and links on the way
 * included, and which were not there.  If each looks the same, the answer is the same: silence and status 0.
 * Nothing in a record is believed before its digest, its lengths and its request fit; whatever is odd goes to Python,
 * with words, environment and descriptors as they came.  Source: adr/0019-a-front-answers-no-change.md
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef FRONT_KEY
#error "FRONT_KEY is the digest of this file; runtime_c/build.py gives it"
#endif
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a record's numbers are read as they lie");

#define KIND "no-change"
#define SCHEMA "1"
#define HEX 64

enum {
    PLACES = 4,                /* words before the verb: PYTHON -I -S LAUNCHER */
    LARGEST_REQUEST = 1 << 16, /* bytes of words and environment; longer ones are Python's */
    LARGEST_LINE = 256,
    LARGEST_RECORD = 1 << 26,
};

/* What does not stand here is not plainly understood, and a file's name that begins with a dash neither. */
static const char *const options[] = {"-o", "--level", "--feature", "--link"};
/* The environment that Python's answer depends on; any other ZERO_ variable is one that this file knows nothing of. */
static const char *const variables[] = {
    "CC", "HOME", "XDG_CACHE_HOME", "ZERO_CACHE", "ZERO_CACHE_SIZE", "ZERO_VENV",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- SHA-256 (FIPS 180-4) ---- */

struct sha {
    uint32_t state[8];
    uint64_t size;
    unsigned char block[64];
};

static const uint32_t round_words[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turned(uint32_t word, int by) { return word >> by | word << (32 - by); }

static void sha_block(struct sha *sha, const unsigned char *data) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++, data += 4)
        w[i] = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
    for (int i = 16; i < 64; i++) {
        uint32_t low = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t high = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    uint32_t *s = sha->state;
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (int i = 0; i < 64; i++) {
        uint32_t first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g));
        first += round_words[i] + w[i];
        uint32_t second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
    }
    s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void sha_start(struct sha *sha) {
    static const uint32_t start[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    memcpy(sha->state, start, sizeof start);
    sha->size = 0;
}

static void sha_add(struct sha *sha, const void *from, size_t size) {
    const unsigned char *data = from;
    size_t held = sha->size % 64;
    sha->size += size;
    if (held) {
        size_t part = size < 64 - held ? size : 64 - held;
        memcpy(sha->block + held, data, part);
        if (held + part < 64) return;
        sha_block(sha, sha->block);
        data += part;
        size -= part;
    }
    for (; size >= 64; data += 64, size -= 64) sha_block(sha, data);
    memcpy(sha->block, data, size);
}

/* The digest in hex with a NUL behind it. */
static void sha_end(struct sha *sha, char hex[HEX + 1]) {
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = sha->size * 8;
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha_add(sha, padding, 64 - (sha->size + 8) % 64);
    sha_add(sha, length, sizeof length);
    for (int i = 0; i < HEX; i++) hex[i] = "0123456789abcdef"[sha->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    hex[HEX] = 0;
}

/* ---- the request: everything that a record must have been made for, in one sequence of bytes ---- */

struct request {
    size_t size;
    bool fits;
    char bytes[LARGEST_REQUEST];
};

static struct request request;

/* No word holds a NUL, so that their sequence, with its count before it, can be read in one way only. */
static void put(const char *word) {
    size_t size = strlen(word) + 1;
    if (!request.fits || size > sizeof request.bytes - request.size) {
        request.fits = false;
        return;
    }
    memcpy(request.bytes + request.size, word, size);
    request.size += size;
}

static void put_number(unsigned long number) {
    char text[24];
    snprintf(text, sizeof text, "%lu", number);
    put(text);
}

static bool starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static bool plain(int count, char **words) {
    if (count < 2 || strcmp(words[0], "build") != 0) return false;
    for (int i = 1; i < count; i++) {
        bool known = words[i][0] != '-' && words[i][0] != 0;
        for (size_t k = 0; k < COUNT(options); k++) known |= strcmp(words[i], options[k]) == 0;
        if (!known) return false;
    }
    return true;
}

static bool plain_environment(void) {
    for (char **each = environ; *each; each++) {
        bool known = !starts(*each, "ZERO_");
        for (size_t k = 0; k < COUNT(variables); k++) {
            size_t size = strlen(variables[k]);
            known |= strncmp(*each, variables[k], size) == 0 && (*each)[size] == '=';
        }
        if (!known) return false;
    }
    return true;
}

/* The current folder's name, if that name still leads here. */
static bool current_folder(char *name, size_t size) {
    struct stat here, there;
    if (!getcwd(name, size) || name[0] != '/') return false;
    if (stat(".", &here) != 0 || stat(name, &there) != 0) return false;
    return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static bool ask(int count, char **words) {
    static char folder[PATH_MAX];
    if (count <= PLACES || !plain(count - PLACES, words + PLACES) || !plain_environment()) return false;
    if (getuid() != geteuid() || getgid() != getegid() || !current_folder(folder, sizeof folder)) return false;
    request.size = 0;
    request.fits = true;
    put(FRONT_KEY);
    put_number(getuid());
    put_number(getgid());
    put_number((unsigned long)count);
    for (int i = 0; i < count; i++) put(words[i]);
    put(folder);
    for (size_t k = 0; k < COUNT(variables); k++) {
        const char *value = getenv(variables[k]);
        put(variables[k]);
        put(value ? "=" : "");
        put(value ? value : "");
    }
    return request.fits;
}

/* ---- the store ---- */

/* A whole regular file; its size is at most `most`.  Nothing is given back: the process ends or becomes another. */
static unsigned char *load(const char *path, size_t most, size_t *size) {
    struct stat status;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return NULL;
    unsigned char *data = NULL;
    bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    if (regular && status.st_size > 0 && (uintmax_t)status.st_size <= most) data = malloc((size_t)status.st_size);
    size_t done = 0;
    while (data && done < (size_t)status.st_size) {
        ssize_t part = read(file, data + done, (size_t)status.st_size - done);
        if (part <= 0) break;
        done += (size_t)part;
    }
    close(file);
    if (!data || done != (size_t)status.st_size) return NULL;
    *size = done;
    return data;
}

/* Where the store lies, as compiler/cas/store.py finds it; without HOME it asks the users' database, and we do not. */
static bool store_path(char *path, size_t size, const char *format, const char *a, const char *b, const char *c) {
    const char *own = getenv("ZERO_CACHE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool set = own && *own, shared = cache && *cache;
    if (!set && !shared && !(home && *home)) return false;
    const char *base = set ? own : shared ? cache : home, *below = set ? "" : shared ? "/zero" : "/.cache/zero";
    int used = snprintf(path, size, "%s%s/", base, below);
    if (used < 0 || (size_t)used >= size) return false;
    int more = snprintf(path + used, size - (size_t)used, format, a, b, c);
    return more > 0 && (size_t)more < size - (size_t)used;
}

static size_t hex_digits(const char *text) { return strspn(text, "0123456789abcdef"); }

/* Follow the key to an address: "SCHEMA KIND/DIGEST/SIZE CHECK\n", where the check covers the key and what is said. */
static bool find(const char *key, char digest[HEX + 1], size_t *size) {
    static const char start[] = SCHEMA " " KIND "/";
    char path[PATH_MAX], shard[3] = {key[0], key[1], 0}, check[HEX + 1], line[LARGEST_LINE + 1];
    size_t length;
    if (!store_path(path, sizeof path, "refs/%s/%s%s", shard, key + 2, "")) return false;
    unsigned char *data = load(path, LARGEST_LINE, &length);
    if (!data || memchr(data, 0, length)) return false;
    memcpy(line, data, length);
    line[length] = 0;
    const char *at = line + sizeof start - 1;
    if (!starts(line, start) || hex_digits(at) != HEX || at[HEX] != '/') return false;
    memcpy(digest, at, HEX);
    digest[HEX] = 0;
    at += HEX + 1;
    size_t digits = strspn(at, "0123456789"), said;
    if (digits == 0 || digits > 9 || at[digits] != ' ') return false;
    *size = strtoul(at, NULL, 10);
    said = (size_t)(at + digits - line);
    struct sha sha;
    sha_start(&sha);
    sha_add(&sha, key, HEX);
    sha_add(&sha, " ", 1);
    sha_add(&sha, line, said);
    sha_end(&sha, check);
    return length == said + 1 + 16 + 1 && memcmp(line + said + 1, check, 16) == 0 && line[length - 1] == '\n';
}

/* The body of the record that the key leads to, verified against its digest. */
static const unsigned char *record(const char *key, size_t *size) {
    static const char prefix[] = "0x0 " KIND " " SCHEMA; /* its NUL is part of it */
    char path[PATH_MAX], digest[HEX + 1], found[HEX + 1], name[HEX + 32];
    size_t wanted, stored;
    if (!find(key, digest, &wanted) || wanted > LARGEST_RECORD) return NULL;
    char shard[3] = {digest[0], digest[1], 0};
    snprintf(name, sizeof name, "%s-%zu", digest + 2, wanted);
    if (!store_path(path, sizeof path, "objects/" KIND "-" SCHEMA "/%s/%s%s", shard, name, "")) return NULL;
    const unsigned char *data = load(path, LARGEST_RECORD + 1, &stored);
    if (!data || stored != wanted + 1 || data[0] != 0) return NULL; /* the first byte says that it is not packed */
    struct sha sha;
    sha_start(&sha);
    sha_add(&sha, prefix, sizeof prefix);
    sha_add(&sha, data + 1, wanted);
    sha_end(&sha, found);
    if (memcmp(found, digest, HEX) != 0) return NULL;
    const unsigned char *line = memchr(data + 1, '\n', wanted); /* before it: the addresses that collections follow */
    if (!line) return NULL;
    *size = wanted - (size_t)(line - data);
    return line + 1;
}

/* ---- the record ---- */

struct head {
    char magic[8];
    int64_t written, until; /* ns; outside of that time Python is asked, which renews the marks of use in the store */
    uint64_t request_size, count;
};

enum { ABSENT, SAME_PLACE, SAME_FILE, SAME_PROGRAM };

struct entry { /* as compiler/nochange.py packs it; the path follows, with a NUL at its end */
    uint64_t device, number;
    int64_t size, modified, changed; /* ns */
    uint32_t mode, user, group, how, path_size;
} __attribute__((packed));

static const unsigned char *take(const unsigned char **at, size_t *left, uint64_t size) {
    const unsigned char *here = *at;
    if (size > *left) return NULL;
    *at += size;
    *left -= (size_t)size;
    return here;
}

/* Times that do not fit become one that no record holds. */
static int64_t nanoseconds(struct timespec time) {
    const int64_t most = INT64_MAX / 1000000000 - 1;
    if (time.tv_sec > most || time.tv_sec < -most) return INT64_MIN;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool unchanged(const struct entry *entry, const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0) return entry->how == ABSENT && errno == ENOENT;
    if (entry->how == ABSENT || entry->how > SAME_PROGRAM) return false;
    if (entry->device != status.st_dev || entry->number != status.st_ino) return false;
    if (entry->how == SAME_PLACE) return (entry->mode & S_IFMT) == (status.st_mode & S_IFMT);
    if (entry->mode != status.st_mode || entry->user != status.st_uid || entry->group != status.st_gid) return false;
    if (entry->size != status.st_size || entry->modified != nanoseconds(status.st_mtim)) return false;
    if (entry->changed != nanoseconds(status.st_ctim)) return false;
    return entry->how == SAME_FILE || access(path, X_OK) == 0;
}

static bool answered(int count, char **words) {
    struct sha sha;
    char key[HEX + 1];
    size_t left;
    if (!ask(count, words)) return false;
    sha_start(&sha);
    sha_add(&sha, request.bytes, request.size);
    sha_end(&sha, key);
    const unsigned char *at = record(key, &left), *part;
    if (!at) return false;
    struct head head;
    struct timespec now;
    if (!(part = take(&at, &left, sizeof head))) return false;
    memcpy(&head, part, sizeof head);
    if (memcmp(head.magic, "0x0same1", sizeof head.magic) != 0) return false;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return false;
    if (nanoseconds(now) < head.written || nanoseconds(now) >= head.until) return false;
    if (head.request_size != request.size || !(part = take(&at, &left, head.request_size))) return false;
    if (memcmp(part, request.bytes, request.size) != 0) return false;
    bool program = false; /* a record without an executable says nothing */
    for (uint64_t i = 0; i < head.count; i++) {
        struct entry entry;
        if (!(part = take(&at, &left, sizeof entry))) return false;
        memcpy(&entry, part, sizeof entry);
        if (!(part = take(&at, &left, entry.path_size)) || entry.path_size < 2 || part[0] != '/') return false;
        if (memchr(part, 0, entry.path_size) != part + entry.path_size - 1) return false;
        if (!unchanged(&entry, (const char *)part)) return false;
        program |= entry.how == SAME_PROGRAM;
    }
    return program && left == 0;
}

int main(int count, char **words) {
    if (count < 2) {
        fputs("usage: zero-front PYTHON -I -S LAUNCHER VERB ...\n", stderr);
        return 2;
    }
    if (answered(count - 1, words + 1)) return 0;
    execvp(words[1], words + 1);
    int why = errno;
    fprintf(stderr, "zero: cannot run %s: %s\n", words[1], strerror(why));
    return why == ENOENT ? 127 : 126;
}
