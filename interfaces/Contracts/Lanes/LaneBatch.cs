using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>Records from a client for the lane's stream, in one packed message.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.LaneBatch")]
internal sealed record LaneBatch
{
    /// <summary>The session; a new one each time a client begins to put into the stream.</summary>
    [Id(0)]
    public required Guid Session { get; init; }

    /// <summary>The number of the first record; the others follow. It names the batch.</summary>
    [Id(1)]
    public required long FirstRecord { get; init; }

    /// <summary>Packed records (<c>Orleans.Kpl.Packed.PackedRecords</c>): at most 64 KB, or one record.</summary>
    [Id(2)]
    public required byte[] Records { get; init; }

    /// <summary>The options of the put; the time-to-live is the part that remained when the batch was sent.</summary>
    [Id(3)]
    public PutOptions? Options { get; init; }

    /// <summary>Every record below this number has ended at the client: an earlier batch that arrives late is not accepted again.</summary>
    [Id(4)]
    public long EndedBefore { get; init; }

    /// <summary>The silo at which the session was opened.</summary>
    [Id(5)]
    public required SiloAddress Silo { get; init; }
}
