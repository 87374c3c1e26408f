using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Testing;

/// <summary>A port that shows its certificate alone to each caller, and hangs up.</summary>
internal sealed class ShowingPort : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly SslStreamCertificateContext _shown;
    private readonly Task _serving;
    private readonly TaskCompletionSource _wasShown = new();

    public ShowingPort(string pem)
    {
        _certificate = TestAuthority.Load(pem);
        // Offline: .NET would fetch what the certificate names here already.
        _shown = SslStreamCertificateContext.Create(_certificate, null, offline: true);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"https://{_listener.LocalEndpoint}");

    /// <summary>Completes when a caller has seen the certificate, whatever he thought of it.</summary>
    public Task WasShown => _wasShown.Task;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _certificate.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptTcpClientAsync();
                await ShowAsync(socket);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ShowAsync(TcpClient socket)
    {
        try
        {
            await using var tls = new SslStream(socket.GetStream());
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _shown });
            _wasShown.TrySetResult();
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            _wasShown.TrySetResult();
        }
    }
}
