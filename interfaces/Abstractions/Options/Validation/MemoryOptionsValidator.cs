namespace Orleans.Kpl.Validation;

/// <summary>Checks that the memory limit of a stream is within the memory limit of the process.</summary>
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
