/* zr_actor.c -- actors as programs see them: spawn, inbox, send, receive, join.
 *
 * An (Actor m) is a small object, a handle, and any number of handles lead to one mailbox.  A mailbox has an owner,
 * the fiber that may receive from it, and a list of messages, oldest first; handles are counted with atomic operations
 * because they are what actors share.  Messages belong to nobody else when they are sent (zr_copy.c).  What an ended
 * actor did not receive is dropped, and so is what is sent to it later.
 * It knows nothing of threads (zr_sched.c).
 */
#include "zr.h"
#include "zr_panics.h"
#include "zr_sched.h"

typedef struct message {
    struct message *next;
    int64_t bits, field; /* ZR_FIELD_... */
} message;

struct zr_mailbox {
    int64_t refs;
    zr_fiber *owner;
    message *first, *last;
    zr_mailbox *next, *prev; /* of the same owner */
    int64_t received;
};

static const zr_desc desc_actor = {.kind = ZR_DESC_ACTOR, .name = "actor"};

void zr_mailbox_share(zr_mailbox *box)
{
    __atomic_fetch_add(&box->refs, 1, __ATOMIC_RELAXED);
}

/* The messages die with the mailbox; objects among them join the list of the dead. */
static void bury_messages(message *at, zr_object **dead)
{
    while (at) {
        message *next = at->next;
        if (at->field == ZR_FIELD_REF)
            zr_bury(dead, at->bits);
        zr_free(at);
        at = next;
    }
}

static void unlink_owned(zr_mailbox *box)
{
    if (box->next)
        box->next->prev = box->prev;
    if (box->prev)
        box->prev->next = box->next;
    else if (box->owner->owned == box)
        box->owner->owned = box->next;
    box->next = box->prev = NULL;
}

static void forget(zr_object *handle, zr_object **dead)
{
    zr_mailbox *box = ((zr_handle *)handle)->box;
    if (__atomic_sub_fetch(&box->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    zr_sched_enter();
    unlink_owned(box);
    zr_sched_leave();
    bury_messages(box->first, dead);
    zr_fiber_drop(box->owner);
    zr_free(box);
}

static zr_object *new_handle(zr_mailbox *box)
{
    zr_handle *handle = (zr_handle *)zr_new(sizeof(zr_handle), &desc_actor, 0);
    handle->box = box;
    return &handle->head;
}

/* A mailbox with `refs` handles to come.  Its owner must be alive: the caller, or a fiber that has not begun. */
static zr_mailbox *new_mailbox(zr_fiber *owner, int64_t refs)
{
    zr_mailbox *box = zr_alloc(sizeof *box);
    if (!zr_forget)
        zr_forget = forget;
    zr_sched_enter();
    *box = (zr_mailbox){.refs = refs, .owner = owner, .next = owner->owned};
    if (box->next)
        box->next->prev = box;
    owner->owned = box;
    __atomic_fetch_add(&owner->refs, 1, __ATOMIC_RELAXED);
    zr_sched_leave();
    return box;
}

zr_object *zr_inbox(void)
{
    return new_handle(new_mailbox(zr_fiber_here(), 1));
}

/* ---- life ---- */

typedef struct birth {
    zr_object *function, *handle;
} birth;

static void end(zr_fiber *here)
{
    zr_object *dead = NULL;
    zr_sched_enter();
    here->ended = ZR_ENDING; /* from here on nothing is put into its mailboxes */
    message *left = NULL;
    while (here->owned) {
        zr_mailbox *box = here->owned;
        if (box->last) {
            box->last->next = left;
            left = box->first;
            box->first = box->last = NULL;
        }
        unlink_owned(box);
    }
    zr_sched_leave();
    bury_messages(left, &dead);
    zr_release_all(dead);
    zr_sched_enter();
    here->ended = ZR_GONE;
    while (here->waiters) {
        zr_fiber *waiter = here->waiters;
        here->waiters = waiter->next;
        zr_fiber_ready(waiter);
    }
    zr_fiber_end(here);
}

static void live(void *argument)
{
    birth given = *(birth *)argument;
    zr_free(argument);
    void (*code)(zr_object *, zr_object *) = (void (*)(zr_object *, zr_object *))((zr_data *)given.function)->fields[0];
    code(given.function, given.handle);
    end(zr_fiber_here());
}

zr_object *zr_spawn(zr_object *function)
{
    zr_fiber_here(); /* the caller is a fiber too, from now on */
    birth *given = zr_alloc(sizeof *given);
    given->function = (zr_object *)zr_own((int64_t)function);
    zr_fiber *made = zr_fiber_new(live, given);
    zr_mailbox *box = new_mailbox(made, 2);
    given->handle = new_handle(box);
    zr_object *handle = new_handle(box);
    zr_sched_enter();
    zr_fiber_ready(made);
    zr_fiber_pause();
    return handle;
}

void zr_join(zr_object *actor)
{
    zr_fiber *here = zr_fiber_here(), *other = ((zr_handle *)actor)->box->owner;
    zr_sched_enter();
    if (other->ended == ZR_GONE) {
        zr_sched_leave();
        return;
    }
    here->next = other->waiters;
    other->waiters = here;
    zr_fiber_wait();
}

/* ---- messages ---- */

void zr_send(zr_object *actor, int64_t bits, int64_t field)
{
    zr_mailbox *box = ((zr_handle *)actor)->box;
    message *made = zr_alloc(sizeof *made);
    *made = (message){.bits = field == ZR_FIELD_REF ? zr_own(bits) : bits, .field = field};
    zr_fiber_here();
    zr_sched_enter();
    if (box->owner->ended) {
        zr_object *dead = NULL;
        zr_sched_leave();
        bury_messages(made, &dead);
        zr_release_all(dead);
        return;
    }
    if (box->last)
        box->last->next = made;
    else
        box->first = made;
    box->last = made;
    if (box->owner->awaited == box) {
        box->owner->awaited = NULL;
        zr_fiber_ready(box->owner);
    }
    zr_fiber_pause();
}

int64_t *zr_receive(zr_object *actor, const char *loc)
{
    zr_mailbox *box = ((zr_handle *)actor)->box;
    zr_fiber *here = zr_fiber_here();
    if (box->owner != here)
        zr_panic(ZR_PANIC_NOT_OWNER, loc, 0, 0);
    zr_sched_enter();
    if (!box->first) {
        here->awaited = box;
        zr_fiber_wait();
        zr_sched_enter();
    }
    message *oldest = box->first;
    box->first = oldest->next;
    if (!box->first)
        box->last = NULL;
    zr_sched_leave();
    box->received = oldest->bits;
    zr_free(oldest);
    return &box->received;
}
