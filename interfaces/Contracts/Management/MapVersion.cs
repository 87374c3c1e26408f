namespace Orleans.Kpl;

/// <summary>
/// Orders the listings of a stream's shards by age. The order holds even if two managers of the stream existed for a moment, or the
/// stream was deleted and created again.
/// </summary>
/// <param name="StreamCreatedAt">When the stream was created: a different time means a different stream. Compared first.</param>
/// <param name="Epoch">When the manager's activation that read the listing began, by the clock of its silo. Compared second.</param>
/// <param name="Number">The number of the listing within that activation, from 1. Compared last.</param>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.MapVersion")]
internal readonly record struct MapVersion(
    [property: Id(0)] DateTimeOffset StreamCreatedAt, [property: Id(1)] long Epoch, [property: Id(2)] long Number) : IComparable<MapVersion>
{
    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(MapVersion left, MapVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(MapVersion left, MapVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is not newer.</summary>
    public static bool operator <=(MapVersion left, MapVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is not older.</summary>
    public static bool operator >=(MapVersion left, MapVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public int CompareTo(MapVersion other) => (StreamCreatedAt, Epoch, Number).CompareTo((other.StreamCreatedAt, other.Epoch, other.Number));
}
