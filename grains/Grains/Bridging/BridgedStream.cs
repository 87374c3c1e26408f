using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Silos.Links;
using Orleans.Serialization;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>
/// Puts the events of one Orleans stream through the tier, and acknowledges them when Kinesis has them. One record is under way at a time, so that a
/// record that is tried again, here or by the provider, is not overtaken by its successors.
/// </summary>
/// <remarks>
/// What the provider took as one batch becomes one Kinesis record, as with Orleans' own provider for Kinesis. A batch that is too large for that is put
/// in parts.
/// </remarks>
internal sealed partial class BridgedStream(
    StreamBridge bridge, StreamId stream, IKplProducer producer, HopelessEvents hopeless, Serializer<EventPayload> serializer, DeepCopier copier,
    ILogger logger) : IAsyncBatchObserver<object>
{
    /// <summary>
    /// Readers of Orleans take no aggregates apart. A linger would only delay the next event, and the durable home of an event that waits is its
    /// provider's queue.
    /// </summary>
    private static readonly PutOptions Options = new() { Alone = true, Immediate = true, NeverSpills = true, AckLevel = AckLevel.Delivered };

    private readonly SemaphoreSlim _lock = new(1);

    /// <summary>Completes when Kinesis has the events.</summary>
    /// <exception cref="StreamBridgeException">It does not have all of them; the provider delivers them again.</exception>
    public async Task OnNextAsync(IList<SequentialItem<object>> items)
    {
        // The provider set it for this call; after an await it may be another's.
        var context = RequestContextExtensions.Export(copier);
        // A call that the provider gave up may still be under way.
        using var turn = await _lock.EnterAsync();
        foreach (var events in EventBatches.Of(items))
            await PutAsync(events, context);
    }

    /// <summary>The provider has given events up, after its <c>MaxEventDeliveryTime</c>, or has lost them.</summary>
    public Task OnErrorAsync(Exception ex)
    {
        // Orleans has logged why, with the stream's key.
        LogGivenUp(bridge.Provider, bridge.Namespace, bridge.Stream, ex.GetType().Name);
        return Task.CompletedTask;
    }

    private async Task PutAsync(List<object> events, Dictionary<string, object>? context)
    {
        var data = serializer.SerializeToArray(new EventPayload { Events = events, RequestContext = context, StreamId = stream });
        var record = new UserRecord(stream.GetKeyAsString(), data);
        RecordResult result;
        try
        {
            result = await producer.PutAsync(bridge.Stream, record, Options);
        }
        catch (RecordValidationException refused) when (refused.Code == RecordErrorCodes.RecordTooLarge && events.Count > 1)
        {
            await PutAsync(events[..(events.Count / 2)], context);
            await PutAsync(events[(events.Count / 2)..], context);
            return;
        }
        catch (RecordValidationException refused) when (refused.Code is RecordErrorCodes.RecordTooLarge or RecordErrorCodes.InvalidPartitionKey)
        {
            await hopeless.SetAsideAsync(record, refused);
            return;
        }

        if (result.Status != RecordStatus.Delivered)
            throw new StreamBridgeException($"{events.Count} events of namespace {bridge.Namespace} are not in {bridge.Stream}: {result}");
    }

    [LoggerMessage(110, LogLevel.Error,
        "Stream provider {Provider} has given up events of namespace {Namespace}: they are not in {Stream}, or not all of them ({Reason})")]
    private partial void LogGivenUp(string provider, string @namespace, string stream, string reason);
}

/// <summary>Puts events back together as the provider took them: events of one batch have one sequence number, and an index in it.</summary>
internal static class EventBatches
{
    public static IEnumerable<List<object>> Of(IList<SequentialItem<object>> items)
    {
        List<object> batch = [];
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0 && !AreOfOneBatch(items[i - 1].Token, items[i].Token))
            {
                yield return batch;
                batch = [];
            }

            batch.Add(items[i].Item);
        }

        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>Some providers have no tokens. Then nothing tells that two events belong together.</summary>
    private static bool AreOfOneBatch(StreamSequenceToken? one, StreamSequenceToken? next) =>
        one is not null && next is not null && one.SequenceNumber == next.SequenceNumber && one.EventIndex < next.EventIndex;
}

/// <summary>
/// The data of one Kinesis record: what Orleans' own provider for Kinesis (Microsoft.Orleans.Streaming.Kinesis) puts for a batch of events, and reads. The
/// numbers and types of the fields are that provider's. As the outermost value its type does not travel, so its name does not matter.
/// </summary>
[GenerateSerializer]
internal sealed class EventPayload
{
    /// <summary>The events, in their order; each travels with its own type.</summary>
    [Id(0)] public required List<object> Events { get; init; }

    /// <summary>The request context of the call that produced them; null for none.</summary>
    [Id(1)] public Dictionary<string, object>? RequestContext { get; init; }

    /// <summary>The Orleans stream.</summary>
    [Id(2)] public StreamId StreamId { get; init; }
}

/// <summary>Events are not in Kinesis, or not certainly: their provider must deliver them again.</summary>
internal sealed class StreamBridgeException(string message) : Exception(message);

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
