namespace Orleans.Kpl.Validation;

/// <summary>The room of a stream fits the room of the process.</summary>
internal static class MemoryOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(KplOptions process, StreamOptions stream)
    {
        if (stream.MaxOutstandingBytes > process.MaxOutstandingBytes)
        {
            yield return OptionsFinding.Warning(
                nameof(stream.MaxOutstandingBytes),
                $"is '{stream.MaxOutstandingBytes}', more than Kpl:MaxOutstandingBytes, which is {process.MaxOutstandingBytes} and holds for all streams together");
        }
    }
}
