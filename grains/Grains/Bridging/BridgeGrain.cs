using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Placement;
using Orleans.Serialization;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>The subscriber of bridged streams; its key is theirs.</summary>
internal interface IBridgeGrain : IGrainWithStringKey;

/// <summary>
/// Subscribes to the bridged streams of one key, beside the agent that reads them. It may have streams of several namespaces, of which none waits for
/// another, hence reentrant; each stream keeps its own order.
/// </summary>
[GrainType("kpl-bridge"), Reentrant, PreferLocalPlacement]
internal sealed class BridgeGrain(
    SiloNode node, IStreamManagers managers, StreamBridges bridges, Serializer<EventPayload> serializer, DeepCopier copier, TimeProvider time,
    ILoggerFactory loggers) : Grain, IBridgeGrain, IStreamSubscriptionObserver
{
    private readonly GuardedLogger _logger = GuardedLogger.Of(loggers, typeof(BridgedStream).FullName!);
    private readonly Dictionary<(string Provider, StreamId Stream), BridgedStream> _streams = [];

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        var (provider, stream) = (handleFactory.ProviderName, handleFactory.StreamId);
        var bridge = bridges.Find(provider, stream.GetNamespace());
        // Without an observer Orleans would log each event as dropped.
        return handleFactory.Create<object>().ResumeAsync(bridge is null ? new PassedOverStream() : Of(bridge, stream));
    }

    private BridgedStream Of(StreamBridge bridge, StreamId stream)
    {
        if (!_streams.TryGetValue((bridge.Provider, stream), out var found))
        {
            var hopeless = new HopelessEvents(bridge, node.Names, managers, node.Silos.Self.ToString, time, _logger);
            _streams.Add((bridge.Provider, stream), found = new BridgedStream(bridge, stream, node.Producer, hopeless, serializer, copier, _logger));
        }

        return found;
    }
}

/// <summary>Takes the events of a stream that no bridge is for: its namespace is bridged, its provider is not.</summary>
internal sealed class PassedOverStream : IAsyncBatchObserver<object>
{
    public Task OnNextAsync(IList<SequentialItem<object>> items) => Task.CompletedTask;

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
