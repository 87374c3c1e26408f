namespace Orleans.Kpl.Run.Tests.Reading;

/// <remarks>Tests <see cref="Run.Reading.RunFileReader"/>.</remarks>
public sealed class OneFileTwiceTests
{
    /// <summary>The checkpoint replaced the failed records, which it had passed.</summary>
    [Theory]
    [InlineData("cp7", true)]
    [InlineData("./cp7", true)]
    [InlineData("failed.ndjson", false)]
    public void Fallback_ThatIsTheCheckpoint_IsRefused(string fallback, bool isRefused)
    {
        var read = ReadText.Of(
            $"input: {{ file: {{ path: a.log, checkpoint: cp7 }} }}\noutput: {{ tier: {{ stream_name: events }}, fallback: {{ file: {fallback} }} }}");
        Assert.Equal(isRefused, read.Errors.Any(static e => e.Contains("fallback.file and input.file.checkpoint are one file, 'cp7'", StringComparison.Ordinal)));
    }
}
