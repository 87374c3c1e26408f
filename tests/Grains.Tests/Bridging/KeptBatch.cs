using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>What a producer gave <see cref="KeptQueues"/> at once.</summary>
[GenerateSerializer]
internal sealed class KeptBatch : IBatchContainer
{
    [Id(0)]
    public required StreamId StreamId { get; init; }

    [Id(1)]
    public required List<object> Events { get; init; }

    [Id(2)]
    public required EventSequenceTokenV2 Token { get; init; }

    [Id(3)]
    public Dictionary<string, object>? Context { get; init; }

    public StreamSequenceToken SequenceToken => Token;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Events.Cast<T>().Select((e, i) => Tuple.Create<T, StreamSequenceToken>(e, Token.CreateSequenceTokenForEvent(i)));

    public bool ImportRequestContext()
    {
        if (Context is null)
            return false;
        RequestContextExtensions.Import(Context);
        return true;
    }
}
