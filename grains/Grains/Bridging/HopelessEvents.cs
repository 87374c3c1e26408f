using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>
/// Sets events aside that Kinesis could never take, so that those behind them go on: onto the stream's list of failures, with their bytes. An event that
/// is not on the list is not acknowledged.
/// </summary>
internal sealed partial class HopelessEvents(
    StreamBridge bridge, StreamNameResolver names, IStreamManagers managers, Func<string?> silo, TimeProvider time, ILogger logger)
{
    public async Task SetAsideAsync(UserRecord record, RecordValidationException refused)
    {
        var result = RecordResult.NotDelivered(RecordStatus.Failed, refused.Code, refused.Message, record);
        var failures = new FailureBatch([new FailureEntry(time.GetUtcNow(), silo() ?? "", result)]);
        await managers.ReportFailuresAsync(await names.CanonicalAsync(bridge.Stream), failures);
        LogSetAside(bridge.Namespace, bridge.Stream, refused.Message);
    }

    [LoggerMessage(111, LogLevel.Error,
        "An event of namespace {Namespace} can never go to {Stream}, is on the list of its failures, and those behind it go on: {Reason}")]
    private partial void LogSetAside(string @namespace, string stream, string reason);
}
