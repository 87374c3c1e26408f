using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Silos;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>Fails the start of a silo whose bridges lack something, before the silo joins; tells what each bridge does.</summary>
internal sealed partial class BridgeCheck(
    StreamBridges bridges, IServiceProviderIsKeyedService services, IOptionsMonitor<StreamPullingAgentOptions> agents, ILoggerFactory loggers)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>An outage of Kinesis is seldom longer; what the provider gives up within it is lost.</summary>
    private static readonly TimeSpan LongOutage = TimeSpan.FromHours(1);

    private readonly GuardedLogger _logger = GuardedLogger.Of(loggers, typeof(BridgeCheck).FullName!);

    public void Participate(ISiloLifecycle observer) => observer.Subscribe("Orleans.Kpl bridges", ServiceLifecycleStage.First, _ =>
    {
        var errors = FindErrors().ToList();
        if (errors.Count > 0)
            throw new KplOptionsException(errors);
        foreach (var bridge in bridges.All)
            Tell(bridge, agents.Get(bridge.Provider).MaxEventDeliveryTime);
        return Task.CompletedTask;
    });

    private IEnumerable<string> FindErrors()
    {
        if (!services.IsService(typeof(SiloNode)))
            yield return "AddKplBridge needs AddKpl on the same silo";
        foreach (var bridge in bridges.All.Where(b => !services.IsKeyedService(typeof(IStreamProvider), b.Provider)))
        {
            yield return $"AddKplBridge(\"{bridge.Provider}\", \"{bridge.Namespace}\", \"{bridge.Stream}\"): the silo has no stream provider "
                + $"'{bridge.Provider}'. Add it by its own method, for example AddMemoryStreams(\"{bridge.Provider}\")";
        }

        foreach (var same in bridges.All.GroupBy(static b => (b.Provider, b.Namespace)).Where(static g => g.Count() > 1))
            yield return $"AddKplBridge: namespace '{same.Key.Namespace}' of stream provider '{same.Key.Provider}' has {same.Count()} bridges; it may have one";
    }

    private void Tell(StreamBridge bridge, TimeSpan givesUp)
    {
        if (givesUp < LongOutage)
            LogShort(bridge.Namespace, bridge.Provider, bridge.Stream, givesUp);
        else
            LogBridge(bridge.Namespace, bridge.Provider, bridge.Stream, givesUp);
    }

    [LoggerMessage(112, LogLevel.Information,
        "Events of namespace {Namespace} of stream provider {Provider} go to {Stream}; the provider gives up what is not there within {MaxEventDeliveryTime}")]
    private partial void LogBridge(string @namespace, string provider, string stream, TimeSpan maxEventDeliveryTime);

    [LoggerMessage(113, LogLevel.Warning,
        "Events of namespace {Namespace} of stream provider {Provider} go to {Stream}; the provider gives up what is not there within {MaxEventDeliveryTime}, so "
        + "that a longer outage of Kinesis loses events: raise StreamPullingAgentOptions.MaxEventDeliveryTime")]
    private partial void LogShort(string @namespace, string provider, string stream, TimeSpan maxEventDeliveryTime);
}
