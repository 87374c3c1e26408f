namespace Orleans.Kpl.Aws.Wire.Cbor;

/// <summary>How many items of an array, or members of a map, are still to be read.</summary>
internal struct CborItems
{
    private ulong _left;

    /// <summary>So many, as the head said.</summary>
    public static CborItems Definite(ulong count) => new() { _left = count };

    /// <summary>As many as come before the break.</summary>
    public static CborItems Indefinite() => new() { IsIndefinite = true };

    public bool IsIndefinite { get; private init; }

    /// <summary>Counts one; false where the head's count is used up.</summary>
    public bool TryTake()
    {
        if (_left == 0)
            return false;
        _left--;
        return true;
    }
}
