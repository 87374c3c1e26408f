using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>Writes what a producer tells its operator into the trace, and finds fault with what it calls a defect.</summary>
internal sealed class RecordedEvents(World world, string process) : IPipelineEvents
{
    /// <summary>Records that were told as failed to the operator.</summary>
    public long Failures { get; private set; }

    /// <summary>How often the order of a shard was told to be violated.</summary>
    public int OrderViolations { get; private set; }

    public void ShardMapLoaded(string stream, long version, int openShards) => Say($"map {version} with {openShards} shards");

    public void ShardMapFailed(string stream, string code, string message, TimeSpan retryIn) => Say($"map failed: {code}");

    public void StreamMissing(string stream) => Say("the stream is missing");

    public void ArnUntold(string arn, string code, string message) => Say($"whose stream {arn} is was not told: {code}");

    public void SettingsUnused(string arn, string name) => Say($"the settings of {arn} are not used: it is {name}");

    public void PredictionOff(string stream, string missingAction) => Say($"prediction off: {missingAction}");

    public void RecordLimitUnknown(string stream, string code, string message) => Say($"record limit unknown: {code}");

    public void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain) =>
        Say($"wrong shard: {predictedShard} -> {actualShard}, {userRecords} records, sent again {sentAgain}");

    public void CallFailed(string stream, string code, string message, int kinesisRecords) => Say($"call failed: {code}, {kinesisRecords} Kinesis records");

    public void StreamBlocked(string stream, string code, string message) => Say($"blocked: {code}");

    public void StreamUnblocked(string stream, string code) => Say($"unblocked: {code}");

    public void Throttled(string stream, string shard, int kinesisRecords, (double Sent, bool ShowsOthers)? cause) =>
        Say($"throttled: {shard}, {kinesisRecords}");

    public void OrderViolated(string stream, string shard, string formerNumber, string number)
    {
        OrderViolations++;
        Say($"order violated in {shard}");
    }

    public void RecordFailed(string stream, in RecordResult result)
    {
        Failures++;
        if (world.IsTracing)
            Say($"record failed: {result.Status} {result.ErrorCode}");
    }

    public void BacklogDown(string stream, string message) => Say($"backlog down: {message}");

    public void BacklogUp(string stream) => Say("backlog up");

    public void BacklogFenced(string stream, string message) => Say($"backlog fenced: {message}");

    public void SpillBegan(string stream) => Say("spill began");

    public void SpillEnded(string stream) => Say("spill ended");

    public void SegmentSetAside(string stream, string where, string message) => world.Violate($"a segment cannot be read: {where}, {message}");

    public void RecordsSetAside(string stream, string code, string? message, int records)
    {
        world.DeadLetters += records;
        Say($"{records} dead letters: {code}");
    }

    public void FailureNotificationsLost(long count) => Say($"{count} notifications lost");

    public void HandlerThrew(string handler, Exception exception) => world.Violate($"{handler} threw: {exception}");

    public void Unexpected(string where, Exception exception) => world.Violate($"{process} calls this a defect, in {where}: {exception}");

    public void NumbersNotKept(string stream, string message) => Say($"numbers of {stream} not kept: {message}");

    public void BacklogLeft(string stream, long records) => Say($"{records} left in the backlog of {stream}");

    public void DrainCut(long recordsLeft) => Say($"drain cut, {recordsLeft} left");

    private void Say(string what)
    {
        if (world.IsTracing)
            world.Say(process, what);
    }
}
