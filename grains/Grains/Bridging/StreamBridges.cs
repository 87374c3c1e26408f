using System.Globalization;
using Orleans.Metadata;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>The bridges of this silo. They subscribe <see cref="BridgeGrain"/> to their namespaces, as an attribute on a grain of one's own would.</summary>
internal sealed class StreamBridges(IEnumerable<StreamBridge> bridges) : IGrainPropertiesProvider
{
    public IReadOnlyList<StreamBridge> All { get; } = [.. bridges];

    /// <summary>
    /// Returns the bridge of a stream; null where a provider that is not bridged has streams in a bridged namespace: Orleans subscribes to namespaces,
    /// whichever provider has them.
    /// </summary>
    public StreamBridge? Find(string provider, string? streamNamespace) => All.FirstOrDefault(b => b.Provider == provider && b.Namespace == streamNamespace);

    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        if (grainClass != typeof(BridgeGrain))
            return;
        var number = 0;
        foreach (var name in All.Select(static b => b.Namespace).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{WellKnownGrainTypeProperties.BindingPrefix}.kpl-{++number}.");
            properties[prefix + WellKnownGrainTypeProperties.BindingTypeKey] = WellKnownGrainTypeProperties.StreamBindingTypeValue;
            var namespaces = new ImplicitStreamSubscriptionAttribute(name).Predicate;
            properties[prefix + WellKnownGrainTypeProperties.StreamBindingPatternKey] = namespaces.PredicatePattern;
            // The only mapper that every silo and client has, also one that knows of no bridge.
            properties[prefix + WellKnownGrainTypeProperties.StreamIdMapperKey] = DefaultStreamIdMapper.Name;
        }
    }
}

/// <summary>One call of <c>AddKplBridge</c>: the events of a namespace of Orleans streams go to a stream of Kinesis.</summary>
/// <param name="Stream">The Kinesis stream, by its name or ARN.</param>
internal sealed record StreamBridge(string Provider, string Namespace, string Stream);
