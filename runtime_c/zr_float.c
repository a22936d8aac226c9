/* zr_float.c -- F64 to digits and back, correctly rounded by exact arithmetic on small big integers.
 *
 * Shortest digits: Steele and White's free-format algorithm with exact bounds (Dragon4, 1990); of the shortest
 * the nearest, ties to the even digit.  Fixed digits: the exact value, ties to even.  Reading: the exact quotient
 * to 64 bits and whether anything is left.  The first and the last have a fast path, exact by a short argument.
 * It knows nothing of literals or texts beyond the last lines.
 */
#include "zr.h"
#include "zr_panics.h"

#define LIMBS 164 /* 5248 bits: the greatest F64 with 1000 digits more needs 4346; reading needs 4961 */
#define READ_DIGITS 800 /* more than the 768 that can matter; a later non-zero digit counts as one more */

/* Little-endian, no leading zero limbs; zero has n = 0. */
typedef struct big {
    int32_t n;
    uint32_t limb[LIMBS];
} big;

static void big_set(big *a, uint64_t value)
{
    a->limb[0] = (uint32_t)value;
    a->limb[1] = (uint32_t)(value >> 32);
    a->n = value >> 32 ? 2 : value != 0;
}

/* a = a * by + add */
static void big_mul(big *a, uint32_t by, uint32_t add)
{
    uint64_t carry = add;
    for (int32_t i = 0; i < a->n; i++) {
        carry += (uint64_t)a->limb[i] * by;
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        a->limb[a->n++] = (uint32_t)carry;
}

static void big_mul_pow10(big *a, int64_t power)
{
    for (; power >= 9; power -= 9)
        big_mul(a, 1000000000, 0);
    for (; power > 0; power--)
        big_mul(a, 10, 0);
}

static void big_shift(big *a, int64_t bits)
{
    int32_t whole = (int32_t)(bits / 32), part = (int32_t)(bits % 32);
    if (a->n == 0 || bits == 0)
        return;
    uint32_t top = part ? a->limb[a->n - 1] >> (32 - part) : 0;
    for (int32_t i = a->n - 1; i >= 0; i--) {
        uint32_t low = part && i > 0 ? a->limb[i - 1] >> (32 - part) : 0;
        a->limb[i + whole] = a->limb[i] << part | low;
    }
    for (int32_t i = 0; i < whole; i++)
        a->limb[i] = 0;
    a->n += whole;
    if (top)
        a->limb[a->n++] = top;
}

static int64_t big_bits(const big *a)
{
    return a->n ? (int64_t)a->n * 32 - __builtin_clz(a->limb[a->n - 1]) : 0;
}

static int big_compare(const big *a, const big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (int32_t i = a->n - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* The order of a + b and c. */
static int big_compare_sum(const big *a, const big *b, const big *c)
{
    big sum;
    uint64_t carry = 0;
    int32_t n = a->n > b->n ? a->n : b->n;
    for (int32_t i = 0; i < n; i++) {
        carry += (uint64_t)(i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
        sum.limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        sum.limb[n++] = (uint32_t)carry;
    sum.n = n;
    return big_compare(&sum, c);
}

/* a -= b, where a >= b */
static void big_subtract(big *a, const big *b)
{
    int64_t carry = 0;
    for (int32_t i = 0; i < a->n; i++) {
        carry += (int64_t)a->limb[i] - (i < b->n ? b->limb[i] : 0);
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    while (a->n && a->limb[a->n - 1] == 0)
        a->n--;
}

/* a /= 10^9; the remainder */
static uint32_t big_divide(big *a)
{
    uint64_t rest = 0;
    for (int32_t i = a->n - 1; i >= 0; i--) {
        rest = rest << 32 | a->limb[i];
        a->limb[i] = (uint32_t)(rest / 1000000000);
        rest %= 1000000000;
    }
    while (a->n && a->limb[a->n - 1] == 0)
        a->n--;
    return (uint32_t)rest;
}

/* ---- parts of a float ---- */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &value, 8);
    return bits;
}

static double f64_of(uint64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, 8);
    return value;
}

/* |value| = m * 2^e */
static void split(double value, uint64_t *m, int64_t *e)
{
    uint64_t bits = bits_of(value) & ~((uint64_t)1 << 63);
    *m = bits & (((uint64_t)1 << 52) - 1);
    *e = (int64_t)(bits >> 52);
    if (*e)
        *m |= (uint64_t)1 << 52;
    else
        *e = 1;
    *e -= 1075;
}

static const double small_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* ---- shortest ---- */

static int64_t put_u64(char *digits, uint64_t value)
{
    return zr_put_i64(digits, (int64_t)value);
}

/* At most 15 digits that read back are the only such ones, so the first that do are the shortest and nearest:
 * a whole number below 10^15 over a power of ten up to 10^22 is one correctly rounded division. */
static int64_t shortest_fast(double value, char *digits, int64_t *point)
{
    if (!(value >= 1e-4 && value < 1e15))
        return 0;
    for (int64_t k = 0; k <= 18; k++) {
        double scaled = value * small_powers[k] + 0.5;
        if (scaled >= 1e15)
            return 0;
        uint64_t whole = (uint64_t)scaled;
        if ((double)whole / small_powers[k] == value) {
            int64_t n = put_u64(digits, whole);
            *point = n - k;
            while (n > 1 && digits[n - 1] == '0')
                n--;
            return n;
        }
    }
    return 0;
}

/* The shortest digits of value > 0 (at most 17), which are 0.d1d2d3... * 10^point. */
static int64_t shortest(double value, char *digits, int64_t *point)
{
    int64_t n = shortest_fast(value, digits, point), e, k;
    uint64_t m;
    if (n)
        return n;
    split(value, &m, &e);
    int even = !(m & 1), uneven = m == (uint64_t)1 << 52 && e > -1074; /* the gap below is half the gap above */
    big r, s, above, below; /* value = r / s; its neighbours' midpoints are above / s and below / s away */
    big_set(&r, m);
    big_set(&s, 1);
    big_set(&below, 1);
    big_shift(&r, (e > 0 ? e : 0) + 1 + uneven);
    big_shift(&s, (e < 0 ? -e : 0) + 1 + uneven);
    big_shift(&below, e > 0 ? e : 0);
    above = below;
    big_shift(&above, uneven);
    int64_t top = e + 63 - __builtin_clzl(m); /* 2^top <= value < 2^(top + 1) */
    k = top * 30103 / 100000 - (top < 0);     /* floor(log10(value)), or one less */
    if (k > 0)
        big_mul_pow10(&s, k);
    else {
        big_mul_pow10(&r, -k);
        big_mul_pow10(&above, -k);
        big_mul_pow10(&below, -k);
    }
    /* Until value + above / s fits under 10^k: at most two steps. */
    for (;; k++) {
        int over = big_compare_sum(&r, &above, &s);
        if (over < 0 || (over == 0 && !even))
            break;
        big_mul(&s, 10, 0);
    }
    *point = k;
    for (;;) {
        int digit = 0;
        big_mul(&r, 10, 0);
        big_mul(&above, 10, 0);
        big_mul(&below, 10, 0);
        while (big_compare(&r, &s) >= 0) {
            big_subtract(&r, &s);
            digit++;
        }
        int low = big_compare(&r, &below), high = big_compare_sum(&r, &above, &s);
        int down = low < 0 || (low == 0 && even), up = high > 0 || (high == 0 && even);
        if (down && up) {
            int half = big_compare_sum(&r, &r, &s);
            up = half > 0 || (half == 0 && (digit & 1));
        }
        digits[n++] = (char)('0' + digit + (up ? 1 : 0));
        if (down || up)
            break;
    }
    for (int64_t i = n - 1; i > 0 && digits[i] > '9'; i--) {
        digits[i] = '0';
        digits[i - 1]++;
    }
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return n;
}

static int64_t put_word(char *out, const char *word)
{
    int64_t n = (int64_t)zr_strlen(word);
    zr_copy(out, word, (size_t)n);
    return n;
}

static int64_t put_special(char *out, double value)
{
    if (value != value)
        return put_word(out, "nan");
    return put_word(out, value > 0 ? "inf" : "-inf");
}

static int is_special(double value)
{
    return (bits_of(value) >> 52 & 0x7FF) == 0x7FF;
}

int64_t zr_put_f64(char *out, double value)
{
    char digits[24], *start = out;
    int64_t n, point;
    if (is_special(value))
        return put_special(out, value);
    if (bits_of(value) >> 63)
        *out++ = '-';
    if (value == 0.0)
        return out - start + put_word(out, "0.0");
    n = shortest(__builtin_fabs(value), digits, &point);
    if (point > 16 || point < -3) {
        *out++ = digits[0];
        if (n > 1) {
            *out++ = '.';
            zr_copy(out, digits + 1, (size_t)(n - 1));
            out += n - 1;
        }
        *out++ = 'e';
        return out - start + zr_put_i64(out, point - 1);
    }
    if (point <= 0) {
        out += put_word(out, "0.");
        for (int64_t i = point; i < 0; i++)
            *out++ = '0';
        zr_copy(out, digits, (size_t)n);
        return out + n - start;
    }
    for (int64_t i = 0; i < point; i++)
        *out++ = i < n ? digits[i] : '0';
    *out++ = '.';
    if (n <= point)
        *out++ = '0';
    for (int64_t i = point; i < n; i++)
        *out++ = digits[i];
    return out - start;
}

zr_object *zr_f64_to_text(double value)
{
    char digits[ZR_F64_DIGITS];
    return zr_text_new(digits, zr_put_f64(digits, value));
}

/* ---- fixed ---- */

/* Divides a by 2^bits, ties to even. */
static void big_round_shift(big *a, int64_t bits)
{
    int32_t whole = (int32_t)(bits / 32), part = (int32_t)(bits % 32);
    if (bits > big_bits(a)) { /* less than a half */
        a->n = 0;
        return;
    }
    int half = 0, rest = 0;
    if (bits > 0) {
        int32_t at = (int32_t)((bits - 1) / 32), within = (int32_t)((bits - 1) % 32);
        half = a->limb[at] >> within & 1;
        rest = (a->limb[at] & (((uint32_t)1 << within) - 1)) != 0;
        for (int32_t i = 0; i < at; i++)
            rest |= a->limb[i] != 0;
    }
    for (int32_t i = whole; i < a->n; i++) {
        uint32_t high = part && i + 1 < a->n ? a->limb[i + 1] << (32 - part) : 0;
        a->limb[i - whole] = a->limb[i] >> part | high;
    }
    a->n = a->n > whole ? a->n - whole : 0;
    while (a->n && a->limb[a->n - 1] == 0)
        a->n--;
    if (half && (rest || (a->n && a->limb[0] & 1))) {
        if (a->n == 0)
            big_set(a, 1);
        else
            big_mul(a, 1, 1);
    }
}

zr_object *zr_f64_to_fixed(double value, int64_t digits, const char *loc)
{
    char buffer[1344], *end = buffer + sizeof buffer, *at = end; /* 309 digits, a point, 1000 digits, a sign */
    uint64_t m;
    int64_t e, wrote = 0;
    big number;
    if (digits < 0 || digits > 1000)
        zr_panic(ZR_PANIC_DIGITS, loc, digits, 0);
    if (is_special(value))
        return zr_text_new(buffer, put_special(buffer, value));
    split(value, &m, &e);
    big_set(&number, m);
    big_mul_pow10(&number, digits);
    if (e > 0)
        big_shift(&number, e);
    else
        big_round_shift(&number, -e);
    while (number.n || wrote <= digits) {
        uint32_t nine = big_divide(&number);
        for (int i = 0; i < 9 && (number.n || nine || wrote <= digits); i++, wrote++) {
            if (wrote == digits && digits > 0)
                *--at = '.';
            *--at = (char)('0' + nine % 10);
            nine /= 10;
        }
    }
    if (bits_of(value) >> 63)
        *--at = '-';
    return zr_text_new(at, end - at);
}

/* ---- reading ---- */

/* The F64 nearest to (q + something less than one when `rest`) * 2^e, where q has its top bit set; ties to even. */
static double assemble(uint64_t q, int rest, int64_t e)
{
    int64_t drop = 11; /* 64 - 53 */
    if (e + 63 < -1022) /* subnormal: fewer bits stay */
        drop += -1022 - (e + 63);
    if (drop > 64)
        return 0.0;
    uint64_t kept = drop == 64 ? 0 : q >> drop;
    uint64_t half = (uint64_t)1 << (drop - 1), below = q & (half - 1);
    if ((q & half) && (below || rest || (kept & 1)))
        kept++;
    int64_t exponent = e + drop; /* value = kept * 2^exponent */
    if (kept >> 53) {
        kept >>= 1;
        exponent++;
    }
    if (kept < (uint64_t)1 << 52)
        return f64_of(kept); /* subnormal or zero: exponent is -1074 */
    if (exponent + 1075 >= 2047)
        return __builtin_inf();
    return f64_of((kept & (((uint64_t)1 << 52) - 1)) | (uint64_t)(exponent + 1075) << 52);
}

/* digits (no leading zero, n > 0) * 10^exponent, correctly rounded; infinity beyond the greatest. */
double zr_decimal_to_f64(const char *digits, int64_t n, int64_t exponent)
{
    if (n > (int64_t)1 << 40 || exponent > 400 - n)
        return __builtin_inf();
    if (exponent + n < -400)
        return 0.0;
    big number, power;
    int64_t used = n < READ_DIGITS ? n : READ_DIGITS;
    if (used <= 15 && exponent >= -22 && exponent <= 22) { /* both exact: one rounding (Clinger 1990) */
        int64_t whole = 0;
        for (int64_t i = 0; i < used; i++)
            whole = whole * 10 + (digits[i] - '0');
        return exponent < 0 ? (double)whole / small_powers[-exponent] : (double)whole * small_powers[exponent];
    }
    big_set(&number, 0);
    for (int64_t i = 0; i < used; i++)
        big_mul(&number, 10, (uint32_t)(digits[i] - '0'));
    exponent += n - used;
    for (int64_t i = used; i < n; i++)
        if (digits[i] != '0') { /* something follows: one more digit keeps it off every tie */
            big_mul(&number, 10, 1);
            exponent--;
            break;
        }
    big_set(&power, 1);
    if (exponent > 0)
        big_mul_pow10(&number, exponent);
    else
        big_mul_pow10(&power, -exponent);
    /* Scale so that the quotient lies in [2^63, 2^65). */
    int64_t e = big_bits(&number) - big_bits(&power) - 64;
    if (e < 0)
        big_shift(&number, -e);
    else
        big_shift(&power, e);
    uint64_t q = 0;
    big_shift(&power, 64);
    int over = big_compare(&number, &power) >= 0; /* a 65th bit */
    if (over)
        big_subtract(&number, &power);
    /* Bit by bit: doubling the rest is shifting the divisor down, without its low zeros. */
    for (int bit = 0; bit < 64; bit++) {
        for (int32_t i = 0; i < power.n; i++)
            power.limb[i] = power.limb[i] >> 1 | (i + 1 < power.n ? power.limb[i + 1] << 31 : 0);
        while (power.n && power.limb[power.n - 1] == 0)
            power.n--;
        q <<= 1;
        if (big_compare(&number, &power) >= 0) {
            big_subtract(&number, &power);
            q |= 1;
        }
    }
    int rest = number.n != 0;
    if (over) {
        rest |= (int)(q & 1);
        q = q >> 1 | (uint64_t)1 << 63;
        e++;
    }
    return assemble(q, rest, e);
}
