using System.Collections.Concurrent;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>The other silo, as far as a link shows it: takes down what comes and answers as told.</summary>
internal sealed class FakeLink : ISiloCalls
{
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<RecordsFrame> _records = [];
    private int _flushes;

    /// <summary>The answer to the frame of that place.</summary>
    public Func<int, Task<bool>> Answer { get; set; } = static _ => Task.FromResult(true);

    /// <summary>The answer to the flush of that place.</summary>
    public Func<int, Task> Flushed { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The answer to the news that the shards have changed.</summary>
    public Func<Task> MapChanged { get; init; } = static () => Task.CompletedTask;

    /// <summary>The answer to an announcement.</summary>
    public Func<Task> Announced { get; init; } = static () => Task.CompletedTask;

    /// <summary>The answer to who asks for the loads.</summary>
    public Func<Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>>> Loads { get; init; } =
        static () => Task.FromResult<IReadOnlyList<(string, ShardLoadReport?)>>([]);

    public IReadOnlyList<RecordsFrame> Records => [.. _records];

    /// <summary>The keys of the records that came.</summary>
    public IReadOnlyList<string> Keys => [.. Records.SelectMany(KeysOf)];

    public ConcurrentQueue<OutcomesFrame> Outcomes { get; } = [];

    /// <summary>What was told of records, by their numbers.</summary>
    public IReadOnlyList<(long Number, RecordResult Result)> Told => [.. Outcomes.SelectMany(static f => ToldBy(f.Outcomes))];

    /// <summary>How often it was told of a flush.</summary>
    public int Flushes => Volatile.Read(ref _flushes);

    public static IReadOnlyList<string> KeysOf(RecordsFrame frame)
    {
        List<string> keys = [];
        foreach (var record in PackedRecords.Parse(frame.Records))
            keys.Add(System.Text.Encoding.UTF8.GetString(record.Key));
        return keys;
    }

    public static IReadOnlyList<(long Number, RecordResult Result)> ToldBy(byte[] outcomes)
    {
        List<(long, RecordResult)> told = [];
        foreach (var outcome in PackedOutcomes.Parse(outcomes))
            told.Add((outcome.Index, outcome.Result));
        return told;
    }

    /// <summary>Forgets what came.</summary>
    public void Clear() => _records.Clear();

    public Task<bool> TakeRecordsAsync(RecordsFrame frame)
    {
        int place;
        lock (_lock)
        {
            place = _records.Count;
            _records.Enqueue(frame);
        }

        return Answer(place);
    }

    public Task TakeOutcomesAsync(OutcomesFrame frame)
    {
        Outcomes.Enqueue(frame);
        return Task.CompletedTask;
    }

    public Task ExpediteAsync(string stream) => Flushed(Interlocked.Increment(ref _flushes) - 1);

    public Task MapChangedAsync(string stream) => MapChanged();

    public Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys) => Announced();

    public Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys) => Task.CompletedTask;

    public Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream) => Loads();

    public Task LeavingAsync(SiloId silo) => Task.CompletedTask;

    public Task MovedAsync(SiloId silo) => Task.CompletedTask;

    public Task<SiloLedger> GetLedgerAsync(string stream) => Task.FromResult(new SiloLedger(default, new BacklogStatus(), null, null));

    public Task<LastNumbers> GetNumbersAsync(string stream) => Task.FromResult(new LastNumbers());

    public Task<ProcessReport> ReportAsync(string? stream) => Task.FromResult(new ProcessReport { Process = "other" });

    public Task BacklogLeftAsync() => Task.CompletedTask;

    public IKinesisRelay Kinesis { get; init; } = null!;
}
