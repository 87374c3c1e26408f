using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>Says what should not happen in a bench; the rest is in its figures.</summary>
internal sealed class LoudEvents : IPipelineEvents
{
    public void ShardMapLoaded(string stream, long version, int openShards)
    {
    }

    public void ShardMapFailed(string stream, string code, string message, TimeSpan retryIn)
    {
    }

    public void StreamMissing(string stream) => Console.Error.WriteLine($"{stream} is missing");

    public void PredictionOff(string stream, string missingAction) => Console.Error.WriteLine($"{stream}: no right to {missingAction}");

    public void RecordLimitUnknown(string stream, string code, string message) => Console.Error.WriteLine($"{stream}: {code}: {message}");

    public void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain) =>
        Console.Error.WriteLine($"{stream}: {predictedShard} predicted, {actualShard} taken");

    public void CallFailed(string stream, string code, string message, int kinesisRecords)
    {
    }

    public void StreamBlocked(string stream, string code, string message) => Console.Error.WriteLine($"{stream}: {code}: {message}");

    public void StreamUnblocked(string stream, string code)
    {
    }

    public void Throttled(string stream, string shard, int kinesisRecords)
    {
    }

    public void OrderViolated(string stream, string shard, string formerNumber, string number) =>
        Console.Error.WriteLine($"{stream}: {shard} gave {number} after {formerNumber}");

    public void RecordFailed(string stream, in RecordResult result)
    {
    }

    public void BacklogDown(string stream, string message) => Console.Error.WriteLine($"{stream}: the backlog is down: {message}");

    public void BacklogUp(string stream)
    {
    }

    public void BacklogFenced(string stream, string message) => Console.Error.WriteLine($"{stream}: {message}");

    public void SpillBegan(string stream)
    {
    }

    public void SpillEnded(string stream)
    {
    }

    public void SegmentSetAside(string stream, string where, string message) => Console.Error.WriteLine($"{stream}: {where}: {message}");

    public void RecordsSetAside(string stream, string code, string? message, int records) => Console.Error.WriteLine($"{stream}: {records} records set aside: {code}: {message}");

    public void FailureNotificationsLost(long count)
    {
    }

    public void HandlerThrew(Exception exception) => Console.Error.WriteLine(exception);

    public void Unexpected(string where, Exception exception) => Console.Error.WriteLine($"{where}: {exception}");

    public void DrainCut(long recordsLeft) => Console.Error.WriteLine($"{recordsLeft} records left at the end");
}
