namespace Orleans.Kpl.Samples.Tests;

/// <summary>A sample that is a program, as a process of its own over the local endpoint.</summary>
internal static class SampleProgram
{
    /// <summary>Whether the sample was built: those with Orleans are not in the half without it.</summary>
    public static bool IsBuilt(string sample) => File.Exists(PathOf(sample));

    public static ServerProcess Start(
        string sample, Testing.LocalKinesis kinesis, IEnumerable<string> arguments, params IEnumerable<(string, string)> environment)
    {
        var program = PathOf(sample);
        var url = kinesis.Url.AbsoluteUri;
        return ServerProcess.Start(program, arguments, Path.GetDirectoryName(program),
            [
                ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_ENDPOINT_URL_KINESIS", url),
                .. environment,
            ]);
    }

    private static string PathOf(string sample) => Checkout.Program("Orleans.Kpl.Samples." + sample);
}
