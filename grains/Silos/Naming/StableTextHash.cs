namespace Orleans.Kpl.Silos.Naming;

/// <summary>
/// Hash codes of texts that are the same in every process. Where records, calls and closings follow the order of a table, they then follow
/// the same order each time.
/// </summary>
internal static class StableTextHash
{
    public static int Of(string text)
    {
        var hash = 2_166_136_261U;
        foreach (var character in text)
            hash = (hash ^ character) * 16_777_619U;
        return (int)hash;
    }
}
