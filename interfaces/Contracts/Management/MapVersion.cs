namespace Orleans.Kpl;

/// <summary>
/// Which listing of a stream's shards is the newer one, also when two managers of the stream existed for a moment and when the stream was
/// deleted and created again.
/// </summary>
/// <param name="StreamCreatedAt">When the stream was created: another instant is another stream. Compared first.</param>
/// <param name="Epoch">When the activation of the manager that read it began, by the clock of its silo. Compared second.</param>
/// <param name="Number">Counts that activation's listings from 1. Compared last.</param>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.MapVersion")]
internal readonly record struct MapVersion(
    [property: Id(0)] DateTimeOffset StreamCreatedAt, [property: Id(1)] long Epoch, [property: Id(2)] long Number) : IComparable<MapVersion>
{
    /// <summary>Whether the left one is older.</summary>
    public static bool operator <(MapVersion left, MapVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is newer.</summary>
    public static bool operator >(MapVersion left, MapVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is not newer.</summary>
    public static bool operator <=(MapVersion left, MapVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is not older.</summary>
    public static bool operator >=(MapVersion left, MapVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public int CompareTo(MapVersion other) => (StreamCreatedAt, Epoch, Number).CompareTo((other.StreamCreatedAt, other.Epoch, other.Number));
}
