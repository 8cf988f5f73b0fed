// Holds money for a call to a model, and settles what it really cost.
//
//	go run . acme
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"connectrpc.com/connect"

	corev1 "example.com/holdfast/gen/billing/core/v1"
	"example.com/holdfast/gen/billing/core/v1/corev1connect"
	typev1 "example.com/holdfast/gen/billing/type/v1"
)

func main() {
	accountID := os.Args[1]
	ctx := context.Background()
	core := corev1connect.NewBillingCoreServiceClient(
		http.DefaultClient, env("CORE_URL", "http://127.0.0.1:50052"), connect.WithInterceptors(authorize()))

	held, err := core.Reserve(ctx, connect.NewRequest(&corev1.ReserveRequest{
		AccountId:      accountID,
		IdempotencyKey: rand.Text(),
		Price:          &corev1.ReserveRequest_Usage{Usage: usage("1200", "1000")},
	}))
	var refused *connect.Error
	if errors.As(err, &refused) {
		log.Fatalf("not to be made: %s", refused.Message())
	} else if err != nil {
		log.Fatal(err)
	}
	reservation := held.Msg.Reservation
	fmt.Println("held   ", reservation.Reserved.Amount, reservation.Reserved.CurrencyCode)

	// … the expensive call. A lost reply is safe to repeat: with the same key it is booked once.
	settled, err := core.Commit(ctx, connect.NewRequest(&corev1.CommitRequest{
		ReservationId:  reservation.ReservationId,
		IdempotencyKey: rand.Text(),
		Price:          &corev1.CommitRequest_Usage{Usage: usage("1187", "342")},
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("charged", settled.Msg.Reservation.Captured.Amount)
	fmt.Println("left   ", settled.Msg.Balance.Available.Amount)
}

func usage(input, output string) *corev1.UsageList {
	return &corev1.UsageList{Usages: []*typev1.Usage{{
		PriceId:    "openai/gpt-4o",
		Quantities: map[string]string{"input_tokens": input, "output_tokens": output},
	}}}
}

func authorize() connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
			request.Header().Set("Authorization", "Bearer "+os.Getenv("HOLDFAST_TOKEN"))
			return next(ctx, request)
		}
	}
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
