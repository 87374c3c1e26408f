using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>
/// Accepts records that are valid and whose memory is reserved: counts them, creates the promise for their caller, and passes them on.
/// </summary>
/// <param name="route">Where records go whose offer says nothing else.</param>
internal sealed class RecordAcceptor(
    PipelineSettings settings, MonotonicClock clock, IRoadEvents events, LedgerCounters ledger, FlushBarrier barrier, IRoute route)
{
    /// <summary>Told of each arrival, after its records went on their way; null for nobody.</summary>
    public Action<long>? Arrived { get; init; }

    /// <summary>Tells whether calls wait for a thread; null where a transport of its own makes the calls.</summary>
    public StreamSender? Sender { get; init; }

    /// <summary>Whether the hash keys of partition keys are needed.</summary>
    public bool HashesKeys { get; init; } = true;

    /// <summary>Whether calls are ready to be sent that no thread has started yet.</summary>
    public bool HasUnstartedCalls => Sender is { HasUnstartedCalls: true };

    public EnqueuedRecord Accept(in UserRecord record, in Offer offer)
    {
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        key = key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)];
        var terms = CountIn(1, offer);
        var single = IsAnswered(offer.Options) ? SingleOutcome.For(terms) : null;
        var incoming = new IncomingRecord
        {
            PartitionKey = key,
            HashKey = offer.HashKey ?? record.ExplicitHashKey ?? (HashesKeys ? HashKey.OfPartitionKey(key) : default),
            HasExplicitHashKey = record.ExplicitHashKey.HasValue,
            Data = record.Data.Span,
            Member = new MemberRef((OutcomeSink?)single ?? AcceptedOutcome.For(terms), 0),
        };
        (offer.Route ?? route).Route(incoming);
        Arrived?.Invoke(terms.AcceptedAt);
        return new EnqueuedRecord(single?.Delivery ?? AcceptedOutcome.Delivery);
    }

    /// <summary>Accepts the records of a batch, whose memory is reserved.</summary>
    public void Accept(PreparedBatch prepared, IBatchOutcomes batch, in Offer offer)
    {
        var terms = CountIn(prepared.Count, offer);
        batch.HasAccepted = true;
        if (IsAnswered(offer.Options))
        {
            prepared.AcceptedFor(batch.NewPart(prepared.Count, terms));
        }
        else
        {
            prepared.AcceptedFor(AcceptedOutcome.For(terms));
            prepared.AnswerAll(batch, AcceptedOutcome.Result);
        }

        (offer.Route ?? route).Route(prepared);
        Arrived?.Invoke(terms.AcceptedAt);
    }

    private AcceptanceTerms CountIn(int count, in Offer offer)
    {
        var (now, options) = (clock.Now, offer.Options);
        ledger.Accepted(count);
        events.Received(count);
        return new AcceptanceTerms(
            barrier.Enter(count), now, now + (options?.TimeToLive?.Ticks ?? settings.Ttl), options?.Immediate ?? false, offer.Rider,
            IsAlone: options?.Alone ?? false);
    }

    /// <summary>Whether a caller waits for the outcome of the records.</summary>
    private bool IsAnswered(PutOptions? options) => (options?.AckLevel ?? settings.Options.AckLevel) != AckLevel.Accepted;
}
