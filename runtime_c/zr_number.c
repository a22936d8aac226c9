/* zr_number.c -- I64 as digits, the number literals of the language, and fmod.
 *
 * A literal is what compiler/syntax/lexer.py reads: `-?[0-9][0-9_]*`, hexadecimal and binary, and floats with a
 * point or an exponent; an integer outside I64 and a float beyond the greatest are none.
 * A decimal integer of any size is a float too, as 1e20 is.
 * It knows nothing of how floats become digits: that is zr_float.c.
 */
#include "zr.h"

int64_t zr_put_i64(char *out, int64_t value)
{
    char digits[ZR_I64_DIGITS];
    int64_t n = 0, at = 0;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[n++] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        out[at++] = '-';
    while (n)
        out[at++] = digits[--n];
    return at;
}

zr_object *zr_i64_to_text(int64_t value)
{
    char digits[ZR_I64_DIGITS];
    return zr_text_new(digits, zr_put_i64(digits, value));
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

static int read_i64(const zr_text *text, int64_t *value)
{
    const char *at = text->bytes, *end = at + text->length;
    int negative = at < end && *at == '-', digits = 0;
    uint64_t most = (uint64_t)INT64_MAX + (uint64_t)negative, sum = 0, base = 10;
    at += negative;
    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'b')) {
        base = at[1] == 'x' ? 16 : 2;
        at += 2;
    } else if (at < end && *at == '_')
        return 0; /* a decimal begins with a digit; after a base a `_` may come first */
    for (; at < end; at++) {
        if (*at == '_')
            continue;
        uint64_t digit = (uint64_t)digit_of(*at);
        if (digit >= base || sum > (most - digit) / base)
            return 0;
        sum = sum * base + digit;
        digits = 1;
    }
    *value = (int64_t)(negative ? -sum : sum);
    return digits;
}

int64_t zr_text_is_i64(zr_object *text)
{
    int64_t value;
    return read_i64((zr_text *)text, &value);
}

int64_t zr_text_get_i64(zr_object *text)
{
    int64_t value;
    return read_i64((zr_text *)text, &value) ? value : 0;
}

/* A run of digits and `_` that begins with a digit: appends the digits; NULL when there is none. */
static const char *digit_run(const char *at, const char *end, zr_builder *digits)
{
    if (at == end || *at < '0' || *at > '9')
        return NULL;
    for (; at < end && ((*at >= '0' && *at <= '9') || *at == '_'); at++)
        if (*at != '_' && (digits->length || *at != '0')) /* leading zeros say nothing */
            zr_builder_put(digits, at, 1);
    return at;
}

static int read_f64(const zr_text *text, double *value)
{
    int64_t integer, exponent = 0, mantissa;
    zr_builder digits = {0};
    const char *at = text->bytes, *end = at + text->length;
    int negative = at < end && *at == '-', good = 0;
    at = digit_run(at + negative, end, &digits);
    if (at && at < end && *at == '.') {
        const char *point = at + 1;
        at = digit_run(point, end, &digits);
        for (const char *c = point; at && c < at; c++)
            exponent -= *c != '_';
    }
    mantissa = digits.length;
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        zr_builder power = {0};
        int64_t sum = 0;
        at++;
        int down = at < end && *at == '-';
        at += at < end && (*at == '-' || *at == '+');
        at = digit_run(at, end, &power);
        for (int64_t i = 0; i < power.length && sum < INT64_MAX / 100; i++)
            sum = sum * 10 + (power.text->bytes[i] - '0');
        exponent += down ? -sum : sum;
        zr_builder_drop(&power);
    }
    if (at == end) {
        double read = mantissa ? zr_decimal_to_f64(digits.text->bytes, mantissa, exponent) : 0.0;
        good = read <= 0x1.fffffffffffffp1023;
        *value = negative ? -read : read;
    } else if (read_i64(text, &integer)) { /* with a base */
        *value = (double)integer;
        good = 1;
    }
    zr_builder_drop(&digits);
    return good;
}

int64_t zr_text_is_f64(zr_object *text)
{
    double value;
    return read_f64((zr_text *)text, &value);
}

double zr_text_get_f64(zr_object *text)
{
    double value;
    return read_f64((zr_text *)text, &value) ? value : 0.0;
}

/* Exact by long division of the significands; whole numbers below 2^53 take one machine division. */
double zr_fmod(double x, double y)
{
    const uint64_t sign = (uint64_t)1 << 63, one = (uint64_t)1 << 52;
    uint64_t a, b, result;
    double value;
    if (x >= 0.0 && x < 0x1p53 && y > 0.0 && y < 0x1p53 && (double)(int64_t)x == x && (double)(int64_t)y == y &&
        (int64_t)y != 0 && x != 0.0)
        return (double)((int64_t)x % (int64_t)y);
    __builtin_memcpy(&a, &x, 8);
    __builtin_memcpy(&b, &y, 8);
    uint64_t negative = a & sign;
    a &= ~sign;
    b &= ~sign;
    if (b == 0 || a >= (uint64_t)0x7FF << 52 || b > (uint64_t)0x7FF << 52)
        return (x * y) / (x * y); /* NaN */
    if (a < b)
        return x;
    int64_t ea = (int64_t)(a >> 52), eb = (int64_t)(b >> 52);
    uint64_t ma = ea ? (a & (one - 1)) | one : a, mb = eb ? (b & (one - 1)) | one : b;
    ea += ea == 0;
    eb += eb == 0;
    for (ma %= mb; ea > eb && ma; ea -= 1) {
        ma <<= 1;
        if (ma >= mb)
            ma -= mb;
    }
    if (ma == 0)
        result = negative;
    else {
        while (ma < one && eb > 1) {
            ma <<= 1;
            eb--;
        }
        result = negative | (ma < one ? ma : ((uint64_t)eb << 52) | (ma & (one - 1)));
    }
    __builtin_memcpy(&value, &result, 8);
    return value;
}
