namespace Orleans.Kpl.Aws.Wire.Cbor;

/// <summary>Counts the items of an array, or the members of a map, that are still to be read.</summary>
internal struct CborItems
{
    private ulong _left;

    /// <summary>Makes a count that the head states.</summary>
    public static CborItems Definite(ulong count) => new() { _left = count };

    /// <summary>Makes a count of all items before the break.</summary>
    public static CborItems Indefinite() => new() { IsIndefinite = true };

    public bool IsIndefinite { get; private init; }

    /// <summary>Counts one item; false when the head's count is used up.</summary>
    public bool TryTake()
    {
        if (_left == 0)
            return false;
        _left--;
        return true;
    }
}
