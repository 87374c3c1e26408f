using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Keeps what the pipeline said.</summary>
internal sealed class RecordingEvents : IPipelineEvents
{
    public ConcurrentQueue<string> Said { get; } = new();

    public ConcurrentQueue<Exception> Defects { get; } = new();

    public void ShardMapLoaded(string stream, long version, int openShards) => Said.Enqueue($"map {version} {openShards}");

    public void ShardMapFailed(string stream, string code, string message, TimeSpan retryIn) => Said.Enqueue($"map failed {code}");

    /// <summary>Called when a missing stream is told; it may throw, as a log may.</summary>
    public Action? OnMissing { get; set; }

    public void StreamMissing(string stream)
    {
        Said.Enqueue("missing");
        OnMissing?.Invoke();
    }

    public void ArnUntold(string arn, string code, string message) => Said.Enqueue($"arn untold {code}");

    public void SettingsUnused(string given, string name) => Said.Enqueue($"settings of {given} are those of {name}");

    public void PredictionOff(string stream, string missingAction) => Said.Enqueue($"prediction off {missingAction}");

    public void RecordLimitUnknown(string stream, string code, string message) => Said.Enqueue($"limit unknown {code}");

    public void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain) =>
        Said.Enqueue($"wrong shard {userRecords} {sentAgain}");

    public void CallFailed(string stream, string code, string message, int kinesisRecords) => Said.Enqueue($"call failed {code}");

    public void StreamBlocked(string stream, string code, string message) => Said.Enqueue($"blocked {code}");

    public void StreamUnblocked(string stream, string code) => Said.Enqueue($"unblocked {code}");

    public void Throttled(string stream, string shard, int kinesisRecords, (double Sent, bool ShowsOthers)? cause) =>
        Said.Enqueue($"throttled {kinesisRecords}");

    public void OrderViolated(string stream, string shard, string formerNumber, string number) => Said.Enqueue($"order violated {shard}");

    public void RecordFailed(string stream, in RecordResult result) => Said.Enqueue($"record failed {result.ErrorCode}");

    public void BacklogDown(string stream, string message) => Said.Enqueue($"backlog down {message}");

    public void BacklogUp(string stream) => Said.Enqueue("backlog up");

    public void BacklogFenced(string stream, string message) => Said.Enqueue($"backlog fenced {message}");

    public void SpillBegan(string stream) => Said.Enqueue("spill began");

    public void SpillEnded(string stream) => Said.Enqueue("spill ended");

    public void SegmentSetAside(string stream, string where, string message) => Said.Enqueue($"set aside {message}");

    public void RecordsSetAside(string stream, string code, string? message, int records) => Said.Enqueue($"dead letters {code} {records}");

    public void FailureNotificationsLost(long count) => Said.Enqueue($"lost {count}");

    public void HandlerThrew(string handler, Exception exception) => Said.Enqueue($"{handler} threw");

    public void Unexpected(string where, Exception exception) => Defects.Enqueue(exception);

    public void NumbersNotKept(string stream, string message) => Said.Enqueue($"numbers of {stream} not kept: {message}");

    public void BacklogLeft(string stream, long records) => Said.Enqueue($"{records} left in the backlog of {stream}");

    public void BacklogNotClosed(IReadOnlyList<string> streams, TimeSpan after) =>
        Said.Enqueue($"not closed after {after.TotalSeconds:0} s: {string.Join(',', streams)}");

    public void DrainCut(long recordsLeft) => Said.Enqueue($"drain cut {recordsLeft}");
}
