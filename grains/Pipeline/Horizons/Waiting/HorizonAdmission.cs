using System.Globalization;
using System.Text;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Whole;

namespace Orleans.Kpl.Pipeline.Horizons.Waiting;

/// <summary>Has records wait whose shard is full, be refused, or go elsewhere, as <see cref="StreamOptions.HighWaterMode"/> says.</summary>
/// <param name="settings">What a full shard means.</param>
/// <param name="spill">Takes the records of full shards; null where they do not spill.</param>
internal sealed class HorizonAdmission(
    PipelineSettings settings, BatchPool batches, RecordAcceptor acceptor, HorizonGate horizon, WholeBatchIntake whole, MemoryAdmission memory,
    SpillAdmission? spill)
    : Admission(memory)
{
    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken) =>
        horizon.MayWait(offer.Options)
            ? AcceptWithinAsync(record, charge, offer with { HashKey = RecordHash.Of(record) }, cancellationToken)
            : memory.AcceptAsync(record, charge, offer, cancellationToken);

    public override ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken) =>
        horizon.MayWait(offer.Options) && horizon.TakeWaiting(part, offer.Options, batches) is { } waiting
            ? AcceptApartAsync(part, waiting, batch, offer, cancellationToken)
            : memory.AcceptAsync(part, batch, offer, cancellationToken);

    public override void Close(string reason)
    {
        horizon.Close(reason);
        memory.Close(reason);
    }

    private ValueTask<EnqueuedRecord> AcceptWithinAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken)
    {
        if ((record.ExplicitHashKey is null && horizon.HasRoomEvenly(offer.Options)) || horizon.Find(offer.HashKey!.Value, offer.Options) is null)
            return memory.AcceptAsync(record, charge, offer, cancellationToken);
        switch (settings.Options.HighWaterMode)
        {
            case HighWaterMode.Drop:
                return new ValueTask<EnqueuedRecord>(ShardRefusal.Full.Refuse(record));
            case HighWaterMode.Spill when spill?.TryReserveAside(charge, 1, offer.Options) is { } aside:
                return new ValueTask<EnqueuedRecord>(acceptor.Accept(record, offer with { Route = aside }));
            default:
                return AcceptWhenShardIsFreeAsync(record, charge, offer, cancellationToken);
        }
    }

    private async ValueTask<EnqueuedRecord> AcceptWhenShardIsFreeAsync(UserRecord record, long charge, Offer offer, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetByteCount(record.PartitionKey) + record.Data.Length;
        using var permits = new HorizonPermits();
        await horizon.EnterAsync(permits, offer.HashKey!.Value, bytes, 1, offer.Options, mustFit: false, cancellationToken).ConfigureAwait(false);
        return await memory.AcceptAsync(record, charge, offer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Accepts first the records whose shards can take them, and then the others, shard by shard, as there is room.</summary>
    private async ValueTask<Refusal?> AcceptApartAsync(
        PreparedBatch part, PreparedBatch waiting, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken)
    {
        try
        {
            var takesBack = batch.TakesBack && !settings.KeepsOrder;
            if (batch.IsWhole && !takesBack && settings.Options.HighWaterMode != HighWaterMode.Drop)
            {
                await whole.AcceptAsync([part], [waiting], batch, offer, cancellationToken).ConfigureAwait(false);
                return null;
            }

            Refusal? over = null;
            if (part.Count > 0)
                over = await memory.AcceptAsync(part, batch, offer, cancellationToken).ConfigureAwait(false);
            // From here on each record is refused by itself, also where the batch has none but those of full shards. Others are not held up by these.
            batch.HasAccepted |= takesBack;
            var mayWait = !takesBack || part.Count == 0 && batch.MayAwaitShards();
            if (over is null && settings.Options.HighWaterMode == HighWaterMode.Block)
                return await AcceptShardByShardAsync(waiting, batch, offer, mayWait, cancellationToken).ConfigureAwait(false);
            if (over is null && settings.Options.HighWaterMode == HighWaterMode.Spill)
                return await AcceptAsideAsync(waiting, batch, offer, mayWait, cancellationToken).ConfigureAwait(false);
            waiting.EndAll(batch, over ?? ShardRefusal.Full);
            return over;
        }
        finally
        {
            batches.Return(waiting);
        }
    }

    private ValueTask<Refusal?> AcceptAsideAsync(
        PreparedBatch waiting, IBatchOutcomes batch, Offer offer, bool mayWait, CancellationToken cancellationToken)
    {
        if (spill?.TryReserveAside(waiting.Charge, waiting.Count, offer.Options) is not { } aside)
            return AcceptShardByShardAsync(waiting, batch, offer, mayWait, cancellationToken);
        acceptor.Accept(waiting, batch, offer with { Route = aside });
        return default;
    }

    private async ValueTask<Refusal?> AcceptShardByShardAsync(
        PreparedBatch waiting, IBatchOutcomes batch, Offer offer, bool mayWait, CancellationToken cancellationToken)
    {
        var ofShard = batches.Rent();
        try
        {
            var over = mayWait ? null : Refusal.GaveUp;
            while (waiting.Count > 0)
            {
                horizon.TakeFirstShard(waiting, ofShard, offer.Options);
                if (over is null)
                    over = await AcceptWhenShardIsFreeAsync(ofShard, batch, offer, cancellationToken).ConfigureAwait(false);
                else
                    Refuse(ofShard, batch, over);
            }

            return over;
        }
        finally
        {
            batches.Return(ofShard);
        }
    }

    private async ValueTask<Refusal?> AcceptWhenShardIsFreeAsync(
        PreparedBatch ofShard, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken)
    {
        var bytes = ofShard.Charge - ((long)ofShard.Count * RecordValidator.ChargePerRecord);
        using var permits = new HorizonPermits();
        var entering = horizon.EnterAsync(permits, ofShard.Hashes[0], bytes, ofShard.Count, offer.Options, mustFit: false, cancellationToken).AsTask();
        if (await Refusal.WhyNotAsync(entering, batch).ConfigureAwait(false) is { } over)
        {
            Refuse(ofShard, batch, over);
            return over;
        }

        return await memory.AcceptAsync(ofShard, batch, offer, cancellationToken).ConfigureAwait(false);
    }

    private void Refuse(PreparedBatch ofShard, IBatchOutcomes batch, Refusal why) =>
        ofShard.EndAll(batch, batch.TakesBack && why == Refusal.GaveUp ? horizon.RefusalOf(ofShard.Hashes[0]) : why);
}

/// <summary>Why records are refused whose shard is full.</summary>
internal static class ShardRefusal
{
    /// <summary>Refuses records to a caller who puts them again, and names the first and last hash key of their shard.</summary>
    public static Refusal By((UInt128 First, UInt128 Last) shard) =>
        new(RecordErrorCodes.Canceled, string.Create(CultureInfo.InvariantCulture, $"{shard.First:x}-{shard.Last:x}"));

    /// <summary>Returns those hash keys from the message of such a refusal; null for another message.</summary>
    public static (UInt128 First, UInt128 Last)? ShardIn(string? message) =>
        message?.Split('-') is [var first, var last]
            && UInt128.TryParse(first, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start)
            && UInt128.TryParse(last, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var end)
            ? (start, end)
            : null;

    public static Refusal Full { get; } =
        new(RecordErrorCodes.Dropped, "the shard has more than it can take in half the time-to-live, and HighWaterMode is Drop");

    /// <summary>In Kinesis' own words, which every client of Kinesis knows how to answer: later, and these records alone.</summary>
    public static Refusal StaysFull { get; } =
        new(RecordErrorCodes.Throttled, "the shard has more than it can take in half the time-to-live; the record was not accepted");
}
