using System.Text;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Lanes.Accepting;

/// <summary>
/// Accepts records for a cluster: counts them in and packs them into messages. A silo checks the stream's own limits; a record it rejects
/// gets the reason as its result.
/// </summary>
internal sealed class MessageAcceptor(PipelineSettings settings, ClientServices services, ClientStream stream) : IRecordTaker
{
    /// <summary>Always false: a transport of its own makes the calls, so no call waits here for a processor.</summary>
    public bool HasUnstartedCalls => false;

    public EnqueuedRecord Accept(in UserRecord record, in Offer offer)
    {
        var options = offer.Options;
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        key = key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)];
        var terms = CountIn(1, options);
        var single = LevelOf(options) == AckLevel.Accepted ? null : SingleOutcome.For(terms);
        stream.Pack(new IncomingRecord
        {
            PartitionKey = key,
            HashKey = record.ExplicitHashKey ?? default,
            HasExplicitHashKey = record.ExplicitHashKey.HasValue,
            Data = record.Data.Span,
            Member = new MemberRef((OutcomeSink?)single ?? AcceptedOutcome.For(terms), 0),
        });
        return new EnqueuedRecord(single?.Delivery ?? AcceptedOutcome.Delivery);
    }

    public void Accept(PreparedBatch prepared, IBatchOutcomes batch, in Offer offer)
    {
        var options = offer.Options;
        var terms = CountIn(prepared.Count, options);
        batch.HasAccepted = true;
        if (LevelOf(options) == AckLevel.Accepted)
        {
            prepared.AcceptedFor(AcceptedOutcome.For(terms));
            prepared.AnswerAll(batch, AcceptedOutcome.Result);
        }
        else
        {
            prepared.AcceptedFor(batch.NewPart(prepared.Count, terms));
        }

        stream.Pack(prepared);
    }

    private AcceptanceTerms CountIn(int count, PutOptions? options)
    {
        var now = services.Clock.Now;
        var rider = LaneRider.Of(LevelOf(options) == AckLevel.Persisted, options?.NeverSpills ?? false);
        return new AcceptanceTerms(
            stream.CountIn(count), now, now + (options?.TimeToLive?.Ticks ?? settings.Ttl), options?.Immediate ?? false, rider,
            IsAlone: options?.Alone ?? false);
    }

    private AckLevel LevelOf(PutOptions? options) => options?.AckLevel ?? settings.Options.AckLevel;
}
