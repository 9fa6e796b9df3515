/* Switchroom's build configuration of pjproject (replaces pjlib/include/pj/config_site.h).
 *
 * One process serves hundreds of calls without a sound device. The defaults of pjproject are those of a
 * soft phone: 4 calls, 8 accounts, 32 players, select().
 */

/* Assertions would abort the process and with it every call in it; errors are returned instead. */
#ifndef NDEBUG
#   define NDEBUG                           1
#endif

#define PJ_HAS_IPV6                         1

/* Calls, accounts, bridge ports. A recorded two-leg conversation takes 4 ports. */
#define PJSUA_MAX_CALLS                     512
#define PJSUA_MAX_ACC                       512
#define PJSUA_MAX_CONF_PORTS                2048
#define PJSUA_MAX_PLAYERS                   512
#define PJSUA_MAX_RECORDERS                 512

/* Two sockets (RTP, RTCP) per call, plus SIP connections. Needs epoll (--enable-epoll). */
#define PJ_IOQUEUE_MAX_HANDLES              5000

/* Hash tables of transactions and dialogs; a power of two less one. */
#define PJSIP_MAX_TSX_COUNT                 65535
#define PJSIP_MAX_DIALOG_COUNT              65535

/* A burst of calls must not be lost in the kernel while the loop thread is busy. Bytes. */
#define PJSIP_UDP_SO_SNDBUF_SIZE            (512*1024)
#define PJSIP_UDP_SO_RCVBUF_SIZE            (512*1024)

/* Refer-To with Replaces (RFC 3891) of a proxied call is often longer than the default 256. */
#define PJSIP_MAX_URL_SIZE                  1024

/* The end of a prompt is an event. With the default of 16 the ends of prompts that many callers started
 * in the same 20 ms are dropped, and those callers would wait in silence for ever. */
#define PJMEDIA_EVENT_MAX_EVENTS            4096

/* A PBX passes audio on as it came: no automatic gain control. */
#define PJMEDIA_CONF_USE_AGC                0

/* One clock thread: a second one cost 31 % more CPU for no gain. */
#define PJMEDIA_CONF_BACKEND                PJMEDIA_CONF_PARALLEL_BRIDGE_BACKEND
#define PJMEDIA_CONF_THREADS                1
