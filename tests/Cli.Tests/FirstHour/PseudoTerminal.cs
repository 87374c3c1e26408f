using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>A pseudo-terminal of the system. A program has its other end for a terminal; a test reads what it shows, and types.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;

    private readonly int _master;
    private readonly Lock _lock = new();
    private readonly StringBuilder _shown = new();
    private readonly List<(Func<string, bool> IsMeant, TaskCompletionSource Seen)> _waiting = [];
    private readonly Thread _reader;

    public PseudoTerminal()
    {
        _master = posix_openpt(ReadWrite | NoControllingTerminal);
        Assert.True(_master >= 0 && grantpt(_master) == 0 && unlockpt(_master) == 0, "the system gives no pseudo-terminal");
        var name = new byte[64];
        Assert.Equal(0, ptsname_r(_master, name, name.Length));
        Device = Encoding.ASCII.GetString(name, 0, Array.IndexOf(name, (byte)0));
        _reader = new Thread(ReadAll) { IsBackground = true, Name = nameof(PseudoTerminal) };
        _reader.Start();
    }

    /// <summary>Why there is no terminal for tests here; null where there is one.</summary>
    public static string? Obstacle =>
        !OperatingSystem.IsLinux() ? "pseudo-terminals are opened as Linux does"
        : !File.Exists("/dev/ptmx") ? "there is no /dev/ptmx"
        : !File.Exists("/bin/bash") ? "there is no /bin/bash"
        : !File.Exists("/usr/bin/setsid") || !File.Exists("/bin/stty") && !File.Exists("/usr/bin/stty") ? "there is no setsid or no stty (util-linux, coreutils)"
        : null;

    /// <summary>The program's end, such as <c>/dev/pts/3</c>.</summary>
    public string Device { get; }

    /// <summary>Everything that was written to the terminal, and echoed by it, so far.</summary>
    public string Shown
    {
        get
        {
            lock (_lock)
                return _shown.ToString();
        }
    }

    public void Type(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(bytes.Length, write(_master, bytes, bytes.Length));
    }

    /// <summary>Completes when a text has been shown, now or later.</summary>
    public Task SeenAsync(string text) => SeenAsync(shown => shown.Contains(text, StringComparison.Ordinal));

    public Task SeenAsync(Func<string, bool> isMeant)
    {
        lock (_lock)
        {
            if (isMeant(_shown.ToString()))
                return Task.CompletedTask;
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((isMeant, seen));
            return seen.Task.WaitAsync(Testing.Waiting.Long, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until all that programs wrote was read; they must have ended.</summary>
    public void Finish() => _reader.Join();

    public void Dispose() => _ = close(_master);

    private void ReadAll()
    {
        var (buffer, decoder, characters) = (new byte[4096], Encoding.UTF8.GetDecoder(), new char[4096]);
        // Reading fails when the last program has closed its end.
        for (nint length; (length = read(_master, buffer, buffer.Length)) > 0;)
        {
            var count = decoder.GetChars(buffer, 0, (int)length, characters, 0);
            lock (_lock)
            {
                var shown = _shown.Append(characters, 0, count).ToString();
                foreach (var (_, seen) in _waiting.Where(w => w.IsMeant(shown)))
                    seen.TrySetResult();
                _waiting.RemoveAll(static w => w.Seen.Task.IsCompleted);
            }
        }
    }

    [DllImport("libc")]
    private static extern int posix_openpt(int flags);

    [DllImport("libc")]
    private static extern int grantpt(int file);

    [DllImport("libc")]
    private static extern int unlockpt(int file);

    [DllImport("libc")]
    private static extern int ptsname_r(int file, byte[] name, nint length);

    [DllImport("libc")]
    private static extern nint read(int file, byte[] buffer, nint length);

    [DllImport("libc")]
    private static extern nint write(int file, byte[] buffer, nint length);

    [DllImport("libc")]
    private static extern int close(int file);
}
