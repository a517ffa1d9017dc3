// A Donation Alerts account served by the real Centrifuge engine (github.com/centrifugal/centrifuge 0.15, protocol
// v1), so that the client is tested against somebody else's server too. REST is a stub with what the client asks for.
//
// Flags: -mode seq|offset. It prints its address and is steered over HTTP:
//
//	POST /steer/donate?n=6&listed=0   donations at once; listed=0: REST does not tell of them
//	POST /steer/disconnect?code=3011  all connections are closed
//	POST /steer/forget                the channel's history is gone
//	GET  /steer/stats                 {"opened":…,"clients":…,"subscribers":…,"recovered":…}
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"
)

const (
	user    = "13900001"
	channel = "$alerts:donation_" + user
	history = 20
)

type account struct {
	sync.Mutex
	node   *centrifuge.Node
	next   int64
	listed []map[string]interface{}
	opened int64
}

func (a *account) donate(listed bool) map[string]interface{} {
	a.Lock()
	defer a.Unlock()
	a.next++
	now := time.Now().UTC()
	row := map[string]interface{}{
		"id": a.next, "name": "Donations", "username": "Аня", "message_type": "text", "message": "кот/cat\r\n",
		"amount": 9.99, "currency": "EUR", "is_shown": 0, "created_at": now.Format("2006-01-02 15:04:05"),
		"created_at_ts": now.Unix(), "shown_at": nil, "payin_system": nil,
	}
	if listed {
		a.listed = append(a.listed, row)
	}
	return row
}

func (a *account) page(number int) map[string]interface{} {
	a.Lock()
	defer a.Unlock()
	const each = 30
	rows := []map[string]interface{}{}
	for i := len(a.listed) - 1 - (number-1)*each; i >= 0 && len(rows) < each; i-- {
		rows = append(rows, a.listed[i])
	}
	last := (len(a.listed) + each - 1) / each
	if last < 1 {
		last = 1
	}
	var next interface{}
	if number < last {
		next = fmt.Sprintf("?page=%d", number+1)
	}
	return map[string]interface{}{
		"data": rows, "links": map[string]interface{}{"next": next},
		"meta": map[string]interface{}{"current_page": number, "last_page": last, "per_page": each, "total": len(a.listed)},
	}
}

func answer(w http.ResponseWriter, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (a *account) engine() {
	config := centrifuge.DefaultConfig
	config.Version = "2.2.1"
	node, err := centrifuge.New(config)
	fail(err)
	node.OnConnecting(func(_ context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		if !strings.HasPrefix(e.Token, "sock-") {
			return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
		}
		atomic.AddInt64(&a.opened, 1)
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: user}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(e centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
			// A channel's token is bound to the connection.
			if e.Channel != channel || e.Token != client.ID()+"|"+e.Channel {
				reply(centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied)
				return
			}
			reply(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{Recover: true, JoinLeave: true, Presence: true}}, nil)
		})
	})
	fail(node.Run())
	a.node = node
}

func (a *account) routes(mux *http.ServeMux) {
	// Pings come often, so that a test need not wait; who has not answered after a ninth more is cut.
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(a.node, centrifuge.WebsocketConfig{PingInterval: 900 * time.Millisecond}))
	mux.HandleFunc("/api/v1/user/oauth", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]interface{}{"data": map[string]interface{}{"id": 13900001, "socket_connection_token": fmt.Sprintf("sock-%d", time.Now().UnixNano())}})
	})
	mux.HandleFunc("/api/v1/centrifuge/subscribe", func(w http.ResponseWriter, r *http.Request) {
		var wish struct {
			Client   string
			Channels []string
		}
		if err := json.NewDecoder(r.Body).Decode(&wish); err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		tokens := []map[string]string{}
		for _, name := range wish.Channels {
			tokens = append(tokens, map[string]string{"channel": name, "token": wish.Client + "|" + name})
		}
		answer(w, map[string]interface{}{"channels": tokens})
	})
	mux.HandleFunc("/api/v1/alerts/donations", func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil || number < 1 {
			number = 1
		}
		answer(w, a.page(number))
	})
	mux.HandleFunc("/steer/donate", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		ids := []int64{}
		for i := 0; i < n; i++ {
			row := a.donate(r.URL.Query().Get("listed") != "0")
			ids = append(ids, row["id"].(int64))
			data, err := json.Marshal(row)
			fail(err)
			_, err = a.node.Publish(channel, data, centrifuge.WithHistory(history, 5*time.Minute))
			fail(err)
		}
		answer(w, ids)
	})
	mux.HandleFunc("/steer/disconnect", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.URL.Query().Get("code"))
		refused := map[int]bool{3002: true, 3003: true, 3007: true, 3012: true, 3013: true}
		how := &centrifuge.Disconnect{Code: uint32(code), Reason: "steered", Reconnect: !refused[code]}
		fail(a.node.Disconnect(user, centrifuge.WithDisconnect(how)))
		answer(w, code)
	})
	mux.HandleFunc("/steer/forget", func(w http.ResponseWriter, r *http.Request) {
		fail(a.node.RemoveHistory(channel))
		answer(w, "forgotten")
	})
	mux.HandleFunc("/steer/stats", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]int64{
			"opened": atomic.LoadInt64(&a.opened), "clients": int64(a.node.Hub().NumClients()),
			"subscribers": int64(a.node.Hub().NumSubscribers(channel)),
		})
	})
}

func main() {
	mode := flag.String("mode", "seq", "positions: seq, as Donation Alerts, or offset")
	flag.Parse()
	if *mode == "seq" {
		centrifuge.CompatibilityFlags |= centrifuge.UseSeqGen
	}
	a := &account{next: 164405431}
	a.engine()
	mux := http.NewServeMux()
	a.routes(mux)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fmt.Println(listener.Addr())
	fail(http.Serve(listener, mux))
}
