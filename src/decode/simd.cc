/* The JSON reader on libsimdjson: the one in use.
 *
 * The DOM parser checks the whole message and writes it to a tape; one walk over the tape picks the
 * wanted values and finds what simdjson allows but we do not. Measured on trades of 125 bytes (and
 * order events of 281): DOM and walk 0.11 us (0.17), on-demand with every value visited, which
 * full checking needs, 0.26 us (0.40); so DOM it is. No exception leaves this file: simdjson is
 * used through its error codes, and std::sort compares byte ranges in place.
 *
 * Added to what simdjson refuses: unsigned integers over int64_t; keys with NUL; the same key
 * twice; nesting over JSON_MAX_DEPTH; a byte order mark; and wrong surrogate escapes, which simdjson
 * 3.0 takes in part.
 *
 * Duplicate keys, cheaply: a set of 512 bits by key hash, one for each open object; only a key
 * whose bit is taken is compared with those before it (1 in 10 of the objects above). An object of
 * more than SMALL keys is sorted instead, or a hostile message could make us compare for minutes.
 * Not chosen: a hash table for each object, which costs more than the parse.
 *
 * A feed's messages have the same keys in the same order, nearly always: the shape of the last
 * message is remembered, and while keys come as there, neither look-up nor search for duplicates
 * is needed (what begins like keys without duplicates has none). At the first other key the
 * message is walked from its beginning in the plain way. */
#include "json.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include <simdjson.h>

namespace dom = simdjson::dom;

namespace
{

constexpr size_t SMALL = 64;
constexpr size_t FIRST_CAPACITY = 4096;

/* The keys of a message's outermost object, in order, and what is wanted of each. */
struct shape {
	static constexpr size_t MOST = 32, LONGEST = 22;
	struct {
		char text[LONGEST];
		unsigned char n;
		const struct json_node *to;
	} keys[MOST];
	size_t n = 0;
	unsigned credit = 8; /* shapes that change all the time are not worth learning */

	bool is(size_t i, std::string_view key) const
	{
		return i < n && keys[i].n == key.size() &&
		       (key.empty() || (keys[i].text[0] == key[0] &&
		                        (key.size() == 1 ||
		                         std::memcmp(keys[i].text, key.data(), key.size()) == 0)));
	}
};

struct reader {
	const struct json_wanted *wanted = nullptr;
	dom::parser parser;
	char *padded = nullptr; /* simdjson reads past the end; payloads are not padded */
	size_t capacity = 0;
	std::string_view *keys = nullptr; /* for sorting those of a large object */
	size_t n_keys = 0;
	struct json_value *values = nullptr;
	bool escapes = false; /* is there a backslash? A key can hold NUL only then */
	bool has_items = false;
	dom::element items; /* the array, or the one item */
	dom::array::iterator next; /* of its items */
	struct shape shape;

	enum json_status walk(dom::element e, const struct json_node *node, int depth);
	enum json_status walk_object(dom::object o, const struct json_node *node, int depth);
	enum json_status walk_array(dom::array a, const struct json_node *node, int depth);
	enum json_status find_duplicate(dom::object o);
	bool walk_known(dom::object o, enum json_status *ret_status);
	void learn(dom::object o);
	enum json_status walk_message(dom::element root);
};

struct key_set {
	uint64_t bits[8] = {};

	/* Was that hash there? Adds it. Not the bits that json_bucket() uses: no need to be others,
	 * they are only more of them. */
	bool add(uint64_t hash)
	{
		uint64_t &word = bits[hash >> 61], bit = uint64_t(1) << (hash >> 55 & 63);
		bool was = word & bit;

		word |= bit;
		return was;
	}
};

/* Is `key` among the first `n` keys of `o`? */
bool seen_before(dom::object o, size_t n, std::string_view key)
{
	auto it = o.begin();

	for (size_t i = 0; i < n; i++, ++it)
		if (it.key_length() == key.size() && it.key() == key)
			return true;
	return false;
}

/* The worse of two: malformed before duplicate before fine. */
enum json_status worse(enum json_status a, enum json_status b)
{
	if (a == JSON_MALFORMED || b == JSON_MALFORMED)
		return JSON_MALFORMED;
	return a != JSON_READ_OK ? a : b;
}

enum json_status reader::find_duplicate(dom::object o)
{
	size_t n = 0;

	for (auto it = o.begin(); it != o.end(); ++it) {
		if (n == n_keys) {
			size_t more = n_keys ? n_keys * 2 : 4 * SMALL;
			void *p = std::realloc(static_cast<void *>(keys), more * sizeof *keys);

			if (!p)
				return JSON_NO_MEMORY;
			keys = static_cast<std::string_view *>(p);
			n_keys = more;
		}
		new (&keys[n++]) std::string_view(it.key());
	}
	std::sort(keys, keys + n);
	return std::adjacent_find(keys, keys + n) != keys + n ? JSON_DUPLICATE_KEY : JSON_READ_OK;
}

enum json_status reader::walk_object(dom::object o, const struct json_node *node, int depth)
{
	enum json_status status = JSON_READ_OK;
	bool small = o.size() <= SMALL;
	struct key_set set;
	size_t n = 0;

	for (auto it = o.begin(); it != o.end(); ++it, n++) {
		std::string_view key = it.key();
		uint64_t hash = json_key_hash(key.data(), key.size());
		const struct json_node *to = nullptr;

		if (escapes && std::memchr(key.data(), 0, key.size()))
			return JSON_MALFORMED;
		if (small && set.add(hash) && seen_before(o, n, key))
			status = worse(status, JSON_DUPLICATE_KEY);
		if (node)
			to = json_child(wanted, node, key.data(), key.size(), hash);
		status = worse(status, walk(it.value(), to, depth));
		if (status == JSON_MALFORMED)
			return status;
	}
	return small ? status : worse(status, find_duplicate(o));
}

enum json_status reader::walk_array(dom::array a, const struct json_node *node, int depth)
{
	enum json_status status = JSON_READ_OK;
	size_t i = 0;

	for (dom::element item : a) {
		const struct json_node *to = nullptr;

		if (node && node->n_children && !node->items && i < 100000000) {
			char text[16];
			char *end = text + sizeof text, *p = end;
			size_t v = i;

			do
				*--p = char('0' + v % 10);
			while (v /= 10);
			to = json_child(wanted, node, p, size_t(end - p),
			                json_key_hash(p, size_t(end - p)));
		}
		i++;
		status = worse(status, walk(item, to, depth));
		if (status == JSON_MALFORMED)
			return status;
	}
	return status;
}

enum json_status reader::walk(dom::element e, const struct json_node *node, int depth)
{
	struct json_value none, &v = node && node->slot >= 0 ? values[node->slot] : none;

	if (node && node->items) {
		items = e;
		has_items = true;
	}
	switch (e.type()) {
	case dom::element_type::OBJECT:
		v.type = JSON_OTHER_VALUE;
		return depth >= JSON_MAX_DEPTH
		               ? JSON_MALFORMED
		               : walk_object(dom::object(e.get_object().value_unsafe()), node,
		                             depth + 1);
	case dom::element_type::ARRAY:
		v.type = JSON_OTHER_VALUE;
		return depth >= JSON_MAX_DEPTH
		               ? JSON_MALFORMED
		               : walk_array(dom::array(e.get_array().value_unsafe()), node,
		                            depth + 1);
	case dom::element_type::STRING:
		if (&v != &none) {
			std::string_view s = e.get_string().value_unsafe();

			v.type = JSON_STRING_VALUE;
			v.n = uint32_t(s.size());
			v.u.p = s.data();
		}
		break;
	case dom::element_type::INT64:
		v.type = JSON_INT_VALUE;
		v.u.i = e.get_int64().value_unsafe();
		break;
	case dom::element_type::UINT64: return JSON_MALFORMED;
	case dom::element_type::DOUBLE:
		v.type = JSON_DOUBLE_VALUE;
		v.u.d = e.get_double().value_unsafe();
		break;
	case dom::element_type::BOOL:
		v.type = JSON_BOOL_VALUE;
		v.u.b = e.get_bool().value_unsafe();
		break;
	case dom::element_type::NULL_VALUE: v.type = JSON_NULL_VALUE; break;
	}
	return JSON_READ_OK;
}

/* False: the keys are not those of the shape, and nothing is said. */
bool reader::walk_known(dom::object o, enum json_status *ret_status)
{
	enum json_status status = JSON_READ_OK;
	size_t i = 0;

	for (auto it = o.begin(); it != o.end(); ++it, i++) {
		if (!shape.is(i, it.key()))
			return false;
		status = worse(status, walk(it.value(), shape.keys[i].to, 1));
		if (status == JSON_MALFORMED)
			break;
	}
	*ret_status = status;
	return true;
}

/* Remembers the shape of a message that was found good. */
void reader::learn(dom::object o)
{
	shape.n = 0;
	for (auto it = o.begin(); it != o.end(); ++it) {
		std::string_view key = it.key();
		auto &to = shape.keys[shape.n];

		if (shape.n == shape::MOST || key.size() > shape::LONGEST)
			return; /* the keys so far are worth having */
		std::memcpy(to.text, key.data(), key.size());
		to.n = static_cast<unsigned char>(key.size());
		to.to = json_child(wanted, &wanted->nodes[0], key.data(), key.size(),
		                   json_key_hash(key.data(), key.size()));
		shape.n++;
	}
}

enum json_status reader::walk_message(dom::element root)
{
	enum json_status status;

	if (!root.is_object())
		return walk(root, &wanted->nodes[0], 0);
	dom::object o = root.get_object().value_unsafe();

	if (walk_known(o, &status)) {
		shape.credit += shape.credit < 64;
		return status;
	}
	status = walk(root, &wanted->nodes[0], 0);
	if (status == JSON_READ_OK && shape.credit > 0) {
		shape.credit--;
		learn(o);
	}
	return status;
}

/* The code unit of "\uXXXX" at p, or -1 when there is none. */
int escaped_unit(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
		            : c >= 'a' && c <= 'f' ? c - 'a' + 10
		            : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                                   : -1;

		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/* Are all surrogates that are written as escapes well paired? In a message that parsed, a
 * backslash stands in strings only. */
bool surrogates_paired(const char *p, const char *end)
{
	while ((p = static_cast<const char *>(std::memchr(p, '\\', size_t(end - p))))) {
		int unit = escaped_unit(p, end);

		if (unit < 0) {
			p = end - p >= 2 ? p + 2 : end;
			continue;
		}
		p += 6;
		if (unit < 0xd800 || unit > 0xdfff)
			continue;
		int low = escaped_unit(p, end);

		if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
			return false;
		p += 6;
	}
	return true;
}

bool grow(struct reader *r, size_t n)
{
	size_t capacity = r->capacity ? r->capacity : FIRST_CAPACITY;
	char *p;

	while (capacity < n)
		capacity *= 2;
	p = static_cast<char *>(std::realloc(r->padded, capacity + simdjson::SIMDJSON_PADDING));
	if (!p)
		return false;
	r->padded = p;
	if (r->parser.allocate(capacity))
		return false;
	r->capacity = capacity;
	return true;
}

void reader_close(void *reader)
{
	struct reader *r = static_cast<struct reader *>(reader);

	if (!r)
		return;
	std::free(r->padded);
	std::free(static_cast<void *>(r->keys));
	delete r;
}

int reader_open(const struct json_wanted *wanted, void **ret_reader)
{
	struct reader *r = new (std::nothrow) struct reader;

	if (!r)
		return -ENOMEM;
	r->wanted = wanted;
	if (!grow(r, FIRST_CAPACITY)) {
		reader_close(r);
		return -ENOMEM;
	}
	*ret_reader = r;
	return 0;
}

enum json_status reader_read(void *reader, const void *bytes, size_t n, struct json_value *values)
{
	struct reader *r = static_cast<struct reader *>(reader);
	enum json_status status;
	dom::element root;

	if (n > r->capacity && !grow(r, n))
		return JSON_NO_MEMORY;
	if (n >= 3 && std::memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return JSON_MALFORMED;
	std::memcpy(r->padded, bytes, n);
	std::memset(r->padded + n, ' ', simdjson::SIMDJSON_PADDING);
	simdjson::error_code error = r->parser.parse(r->padded, n, false).get(root);
	if (error)
		return error == simdjson::MEMALLOC || error == simdjson::CAPACITY ? JSON_NO_MEMORY
		                                                                  : JSON_MALFORMED;
	r->escapes = std::memchr(r->padded, '\\', n) != nullptr;
	if (r->escapes && !surrogates_paired(r->padded, r->padded + n))
		return JSON_MALFORMED;
	std::memset(values, 0, r->wanted->n_paths * sizeof *values);
	r->values = values;
	r->has_items = false;
	status = r->walk_message(root);
	if (!r->has_items)
		r->items = root;
	if (status != JSON_MALFORMED && status != JSON_NO_MEMORY && !root.is_object() &&
	    !(r->wanted->nodes[0].items && root.is_array()))
		return JSON_NOT_OBJECT;
	return status;
}

size_t reader_items(void *reader)
{
	struct reader *r = static_cast<struct reader *>(reader);
	size_t n = 0;

	if (r->wanted->item_root < 0 || !r->items.is_array())
		return 1;
	dom::array a = r->items.get_array().value_unsafe();

	/* size() stops counting at 2^24. */
	for (auto it = a.begin(); it != a.end(); ++it)
		n++;
	r->next = a.begin();
	return n;
}

/* What is wrong with a message was found when it was read. */
void reader_item(void *reader, size_t i, struct json_value *values)
{
	struct reader *r = static_cast<struct reader *>(reader);
	const struct json_wanted *w = r->wanted;

	for (size_t k = 0; k < w->n_paths; k++)
		if (w->paths[k].item)
			values[k].type = JSON_ABSENT_VALUE;
	r->values = values;
	if (!r->items.is_array()) {
		r->walk(r->items, &w->nodes[w->item_root], 0);
		return;
	}
	if (i > 0)
		++r->next;
	r->walk(*r->next, &w->nodes[w->item_root], 0);
}

} /* namespace */

extern "C" const struct json_ops json_simd = {
	"simdjson", reader_open, reader_close, reader_read, reader_items, reader_item,
};
