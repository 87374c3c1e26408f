using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Checks that hash keys which another silo computed are those of the partition keys: for the first record and for one in each 1,024, and for every record
/// once one was wrong. A record with a wrong one makes consumers drop its whole aggregate. Not thread-safe.
/// </summary>
internal sealed class HashSample
{
    /// <summary>One of so many records is checked.</summary>
    public const int Every = 1_024;

    private long _passed;
    private bool _wasWrong;

    /// <summary>Checks the records of one frame.</summary>
    /// <exception cref="PackedFormatException">A record has another hash key than its partition key.</exception>
    public void Check(PackedSource source)
    {
        var step = _wasWrong ? 1 : Every;
        // As many as are left until one is due.
        var next = (int)(-_passed & (step - 1));
        for (; next < source.Count; next += step)
        {
            if (source.HasHashOfItsKey(next))
                continue;
            _wasWrong = true;
            throw new PackedFormatException("a record of another silo has a hash key that is not its partition key's; all its records are looked at from now on");
        }

        _passed += source.Count;
    }
}
