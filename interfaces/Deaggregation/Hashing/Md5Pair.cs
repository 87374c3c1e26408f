namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Two registers that take turns.</summary>
internal struct Md5Pair<T>(T first, T second)
    where T : unmanaged
{
    public T First = first;
    public T Second = second;
}
