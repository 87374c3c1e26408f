using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Testing;

/// <summary>The local tier's executable, as a process of its own.</summary>
internal sealed partial class LocalProcess(ServerProcess process) : ReadyProcess(process, Ready())
{
    /// <summary>Where it is.</summary>
    public static string Program { get; } = Checkout.Program("Orleans.Kpl.Local");

    public Uri Kinesis { get; private set; } = null!;

    /// <summary>Starts the process; its current directory is <paramref name="directory"/>, else one without settings.</summary>
    public static LocalProcess Start(string[] arguments, string? directory = null, params (string Name, string Value)[] environment) =>
        new(ServerProcess.Start(Program, arguments, directory, environment));

    /// <summary>Starts the process on free ports and waits until it is ready.</summary>
    public static Task<LocalProcess> StartReadyAsync(params string[] arguments) =>
        ReadyAsync(Start(["--http-port", "0", .. arguments.Contains("--kinesis-endpoint") ? arguments : ["--kinesis-port", "0", .. arguments]]));

    /// <summary>Waits for the next such line of the log; earlier ones are passed over.</summary>
    public Task<string> NextLogAsync(string part) => Log.FirstAsync(l => l.Contains(part, StringComparison.Ordinal), TestContext.Current.CancellationToken);

    /// <summary>The memory that the process has for itself and that is not a file's, in bytes, as Linux tells it.</summary>
    public long PrivateMemory()
    {
        // RssAnon:	   12345 kB
        var line = File.ReadLines($"/proc/{Id}/status").Single(static l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) << 10;
    }

    public async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await Http.GetStringAsync(path, TestContext.Current.CancellationToken)).RootElement;

    /// <summary>Calls the Kinesis endpoint of the process, unsigned.</summary>
    public async Task<JsonElement> CallKinesisAsync(string operation, string body) =>
        JsonDocument.Parse((await Http.CallKinesisAsync(operation, body, Kinesis)).Text).RootElement;

    protected override void OnReady(Match match) => Kinesis = new Uri(match.Groups["kinesis"].Value);

    [GeneratedRegex(@"^ready http=(?<http>https?://127\.0\.0\.1:[0-9]+) kinesis=(?<kinesis>http://[0-9.]+:[0-9]+)( kinesis_tls=https://127\.0\.0\.1:[0-9]+)?( dashboard=https?://127\.0\.0\.1:[0-9]+/dashboard)$")]
    private static partial Regex Ready();
}
