using System.Numerics;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>
/// Finds the series of tags quickly. It has at least four places for each series, two of which may have it, so that hardly any two push each other out.
/// It is safe to use from any thread and takes no locks.
/// </summary>
internal sealed class SeriesCache
{
    private const int FewestPlaces = 64;
    private const int PlacesPerSeries = 4;

    private CollectedSeries?[] _places = new CollectedSeries?[FewestPlaces];

    /// <summary>Returns the series; null where it is not here.</summary>
    public CollectedSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var places = Volatile.Read(ref _places);
        var place = PlaceOf(tags, places);
        return Volatile.Read(ref places[place]) is { } first && first.Has(tags) ? first
            : Volatile.Read(ref places[place ^ 1]) is { } second && second.Has(tags) ? second
            : null;
    }

    /// <summary>Keeps a series.</summary>
    /// <param name="tags">Its tags, as they came.</param>
    /// <param name="count">The number of all series.</param>
    public void Keep(CollectedSeries series, ReadOnlySpan<KeyValuePair<string, object?>> tags, int count)
    {
        var places = Volatile.Read(ref _places);
        if (count * PlacesPerSeries > places.Length)
        {
            // Two threads that grow it at once each begin with nothing: what the other one kept is found and kept again.
            places = new CollectedSeries?[BitOperations.RoundUpToPowerOf2((uint)(count * PlacesPerSeries))];
            Volatile.Write(ref _places, places);
        }

        var place = PlaceOf(tags, places);
        Volatile.Write(ref places[Volatile.Read(ref places[place]) is null ? place : place ^ 1], series);
    }

    /// <summary>Forgets every series.</summary>
    public void Clear() => Volatile.Write(ref _places, new CollectedSeries?[FewestPlaces]);

    private static int PlaceOf(ReadOnlySpan<KeyValuePair<string, object?>> tags, CollectedSeries?[] places) =>
        TagSet.QuickHashOf(tags) & (places.Length - 1);
}
