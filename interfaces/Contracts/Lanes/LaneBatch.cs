using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>Records from a client for the lane's stream, in one packed message.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.LaneBatch")]
internal sealed record LaneBatch
{
    /// <summary>The client; a new one each time its process starts.</summary>
    [Id(0)]
    public required Guid Client { get; init; }

    /// <summary>The number of the first record; the others follow. It names the batch.</summary>
    [Id(1)]
    public required long FirstRecord { get; init; }

    /// <summary>Packed records (<c>Orleans.Kpl.Packed.PackedRecords</c>): at most 64 KB, or one record.</summary>
    [Id(2)]
    public required byte[] Records { get; init; }

    /// <summary>What the put asked for; its time-to-live is what was left of it when this was sent.</summary>
    [Id(3)]
    public PutOptions? Options { get; init; }

    /// <summary>Every record below this number has ended at the client: a batch from before it, come late, is not taken again.</summary>
    [Id(4)]
    public long EndedBefore { get; init; }

    /// <summary>The silo that the batch was first sent to; null the first time: whichever the lane reaches.</summary>
    [Id(5)]
    public SiloAddress? Silo { get; init; }
}
