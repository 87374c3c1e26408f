using System.Runtime.InteropServices;

namespace Orleans.Kpl.Http.Guarding;

/// <summary>Counts what there is of something, and how much of it each one has, so that others still get theirs. Safe on any thread.</summary>
/// <param name="mostOfOne">How much one may have.</param>
/// <param name="most">How much there may be.</param>
internal sealed class Shares<T>(int mostOfOne, int most = int.MaxValue)
    where T : class
{
    private readonly Dictionary<T, int> _ofOne = [];
    private int _all;

    /// <summary>How much one may have.</summary>
    public int MostOfOne => mostOfOne;

    /// <param name="one">Who takes one; null takes of what there is for all.</param>
    public bool TryTake(T? one)
    {
        lock (_ofOne)
        {
            if (_all == most || (one is not null && _ofOne.GetValueOrDefault(one) == mostOfOne))
                return false;
            _all++;
            if (one is not null)
                CollectionsMarshal.GetValueRefOrAddDefault(_ofOne, one, out _)++;
            return true;
        }
    }

    public void Return(T? one)
    {
        lock (_ofOne)
        {
            _all--;
            if (one is not null && --CollectionsMarshal.GetValueRefOrNullRef(_ofOne, one) == 0)
                _ofOne.Remove(one);
        }
    }
}
