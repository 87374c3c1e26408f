using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>Reserves memory for records that are about to be accepted, in the stream's limits or in that of records that spill.</summary>
/// <param name="memory">The memory limits of the stream and of the process.</param>
/// <param name="services">What the producer's streams share.</param>
/// <param name="spill">Reserves memory or spills to the backlog; null where there is none.</param>
internal sealed class MemoryGate(string stream, MemoryLimits memory, ProducerServices services, SpillGate? spill)
{
    /// <summary>Reserves memory if there is enough, nobody waits for it, and records of such a put do not spill.</summary>
    public bool TryReserve(long charge, int records, PutOptions? options) =>
        !(spill is { IsOpen: true } && MaySpill(options)) && memory.TryReserve(charge, records, options?.Identity);

    /// <summary>Reserves memory for records that spill because their shard is full. False where the backlog takes none now, or none of such a put.</summary>
    public bool TryReserveSpill(long charge, int records, PutOptions? options) =>
        spill is not null && MaySpill(options) && spill.TryReserve(charge, records);

    /// <summary>Releases memory that was reserved for records that are not accepted after all.</summary>
    public void Release(long charge, int records, bool spills)
    {
        if (spills)
            spill!.Written(charge, records);
        else
            memory.Release(charge, records);
    }

    /// <summary>Waits until memory for the records is reserved. True when they go to the backlog.</summary>
    public async ValueTask<bool> ReserveAsync(long charge, int records, PutOptions? options, CancellationToken cancellationToken)
    {
        if (spill is not null && MaySpill(options))
            return await spill.ReserveMemoryAsync(charge, records, options?.Identity, cancellationToken).ConfigureAwait(false);
        var waiting = memory.ReserveAsync(charge, records, options?.Identity, cancellationToken);
        if (waiting.IsCompleted)
        {
            await waiting.ConfigureAwait(false);
            return false;
        }

        var since = services.Clock.Now;
        services.Relieve();
        try
        {
            await waiting.ConfigureAwait(false);
            return false;
        }
        finally
        {
            services.Instruments.Waited(stream, services.Clock.AgeOf(since));
        }
    }

    private static bool MaySpill(PutOptions? options) => options is not { NeverSpills: true } || options.AckLevel == AckLevel.Persisted;
}

/// <summary>Why records were not accepted, as their results tell it.</summary>
internal sealed record Refusal(string Code, string Message)
{
    public static Refusal MemoryFull { get; } =
        new(RecordErrorCodes.Dropped, "the memory limit is reached (MaxOutstandingBytes, MaxOutstandingRecords) and HighWaterMode is Drop");

    public static Refusal ShardFull { get; } =
        new(RecordErrorCodes.Dropped, "the shard has more than it can take in half the time-to-live, and HighWaterMode is Drop");

    /// <summary>In Kinesis' own words, which every client of Kinesis knows how to answer: later, and these records alone.</summary>
    public static Refusal ShardStaysFull { get; } =
        new(RecordErrorCodes.Throttled, "the shard has more than it can take in half the time-to-live; the record was not accepted");

    private static Refusal GaveUp { get; } = new(RecordErrorCodes.Canceled, "the caller stopped waiting for memory");

    /// <summary>Returns why the rest of a batch is not accepted after such an exception.</summary>
    public static Refusal Of(Exception reason) => reason switch
    {
        OperationCanceledException => GaveUp,
        ObjectDisposedException => new(RecordErrorCodes.Shutdown, reason.Message),
        _ => new(reason.GetType().Name, reason.Message),
    };
}
