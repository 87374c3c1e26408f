using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Orleans.Kpl.DynamoDb.Tests.Reaching;

/// <summary>A socket that sees where a client wanted to go: as a proxy the host of CONNECT, of SNI and of the request, else the host alone.</summary>
internal sealed class Witness : IAsyncDisposable
{
    private const string Answer = """{"__type":"ValidationException","message":"seen"}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TestAuthority _authority = new();
    private readonly ConcurrentDictionary<string, X509Certificate2> _certificates = new();
    private readonly ConcurrentQueue<string> _seen = [];
    private readonly SemaphoreSlim _any = new(0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    public Witness()
    {
        _listener.Start();
        File.WriteAllText(Bundle, _authority.Pem);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>A file with the authority of every host that is shown here.</summary>
    public string Bundle { get; } = Path.GetTempFileName();

    /// <summary>Takes what was seen since the last look; waits for it, unless nothing must be seen.</summary>
    public async Task<string> TakeAsync(bool isAny)
    {
        if (isAny)
            await _any.WaitAsync(Waiting.Long);
        List<string> seen = [];
        while (_seen.TryDequeue(out var note))
            seen.Add(note);
        while (_any.CurrentCount > 0)
            await _any.WaitAsync();
        return string.Join(" + ", seen.Distinct());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        // Only then is nobody in between two connections, who would find the listener stopped.
        await _accepting;
        _listener.Stop();
        _authority.Dispose();
        _end.Dispose();
        _any.Dispose();
        File.Delete(Bundle);
    }

    private void Note(string note)
    {
        _seen.Enqueue(note);
        _any.Release();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync(_end.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using Stream plain = new NetworkStream(socket, ownsSocket: true);
            if (await ReadAsync(plain) is not { } head)
                return;
            if (!head.Line.StartsWith("CONNECT ", StringComparison.Ordinal))
            {
                var isAbsolute = head.Line.Split(' ')[1].StartsWith("http", StringComparison.Ordinal);
                Note(isAbsolute ? $"proxy http {new Uri(head.Line.Split(' ')[1]).Host}" : "direct");
                await AnswerAsync(plain);
                return;
            }

            var host = head.Line.Split(' ')[1];
            var login = head.Headers.GetValueOrDefault("proxy-authorization") is { } basic
                ? Encoding.ASCII.GetString(Convert.FromBase64String(basic["Basic ".Length..])) + "@" : "";
            if (NeedsLogin && login == "")
            {
                await plain.WriteAsync("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=\"p\"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                return;
            }

            await plain.WriteAsync("HTTP/1.1 200 X\r\n\r\n"u8.ToArray());
            await SecureAsync(plain, login, host);
        }
        catch (Exception away) when (away is IOException or SocketException or ObjectDisposedException)
        {
            // The client went away.
        }
    }

    /// <summary>Whether a proxy's user is asked for.</summary>
    public bool NeedsLogin { get; set; }

    private async Task SecureAsync(Stream plain, string login, string host)
    {
        var name = "";
        await using var secured = new SslStream(plain);
        try
        {
            await secured.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    name = hello.ServerName;
                    return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = CertificateOf(name) });
                },
                null, _end.Token);
            if (await ReadAsync(secured) is { } request)
            {
                var isOne = host == name + ":443" && request.Headers["host"] == name;
                Note($"proxy {login}https {(isOne ? name : $"{host}, {name}, {request.Headers["host"]}")}");
                await AnswerAsync(secured);
                return;
            }
        }
        catch (Exception refused) when (refused is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client does not trust what it is shown.
        }

        Note($"proxy {login}https {name}, not trusted");
    }

    private X509Certificate2 CertificateOf(string name) => _certificates.GetOrAdd(name, n => TestAuthority.Load(_authority.Issue(n)));

    private static Task AnswerAsync(Stream stream) => stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"HTTP/1.1 400 X\r\nContent-Type: application/x-amz-json-1.1\r\nConnection: close\r\nContent-Length: {Answer.Length}\r\n\r\n{Answer}"))).AsTask();

    /// <summary>Reads a request with its body; null at the end.</summary>
    private static async Task<(string Line, Dictionary<string, string> Headers)?> ReadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
                return null;
            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(static l => l.Split(':', 2)).ToDictionary(static p => p[0].ToLowerInvariant(), static p => p[1].Trim());
        await stream.ReadExactlyAsync(new byte[int.Parse(headers.GetValueOrDefault("content-length") ?? "0", CultureInfo.InvariantCulture)]);
        return (lines[0], headers);
    }
}
