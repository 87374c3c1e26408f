using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Certificates;

/// <summary>The certificates in force. What cannot be used leaves the last ones in force; it is tried again at each look at the files.</summary>
internal sealed class TlsStore : IAsyncDisposable
{
    /// <summary>How long before its end a certificate is told of, once a day.</summary>
    private static readonly TimeSpan NearEnd = TimeSpan.FromDays(7);

    private static readonly TimeSpan TellAgain = TimeSpan.FromDays(1);

    private readonly TlsFiles _files;
    private readonly Func<DateTimeOffset, TlsReading?, TlsReading> _read;
    private readonly TimeProvider _time;
    private readonly ITlsEvents _events;
    private readonly Lock _looking = new();
    private readonly FileWatch _watch;
    private volatile TlsReading _inForce;
    private string? _refused;
    private DateTimeOffset _endTold = DateTimeOffset.MinValue;

    private TlsStore(TlsFiles files, Func<DateTimeOffset, TlsReading?, TlsReading> read, TlsReading reading, TimeProvider time, ITlsEvents events)
    {
        (_files, _read, _inForce, _time, _events) = (files, read, reading, time, events);
        Tell(reading);
        _watch = new FileWatch(Refresh, defect => events.Refused(defect.Message), time);
    }

    public TlsState Current => _inForce.State!;

    /// <param name="events">Hears of what comes into force and what does not.</param>
    /// <param name="read">Reads the files, as of an instant, beside what is in force; null for <see cref="TlsFiles.Read"/>.</param>
    /// <exception cref="KplOptionsException">A file has errors; the exception lists all.</exception>
    public static TlsStore Open(TlsFiles files, TimeProvider time, ITlsEvents events, Func<DateTimeOffset, TlsReading?, TlsReading>? read = null)
    {
        read ??= files.Read;
        var reading = read(time.GetUtcNow(), null);
        return reading.State is null ? throw new KplOptionsException(reading.Errors) : new TlsStore(files, read, reading, time, events);
    }

    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    /// <summary>Reads the files again, and takes them into force if they have changed and are good.</summary>
    /// <remarks>One look at a time: a look that began before another must not put what it read into force after that.</remarks>
    internal void Refresh()
    {
        lock (_looking)
            Look();
    }

    private void Look()
    {
        var now = _time.GetUtcNow();
        var reading = _read(now, _inForce);
        if (reading.State is not null)
        {
            _refused = null;
            if (reading != _inForce)
            {
                _inForce = reading;
                Tell(reading);
            }
        }
        else if (string.Join("; ", reading.Errors) is var errors && errors != _refused)
        {
            _refused = errors;
            _events.Refused(errors);
        }
        if (Current.Own.NotAfter - now < NearEnd && now - _endTold >= TellAgain)
        {
            _endTold = now;
            _events.NearEnd(_files.CertificateFile, Current.Own.NotAfter);
        }
    }

    private void Tell(TlsReading reading)
    {
        _events.Taken(reading.State!);
        if (reading.IsKeyOpen)
            _events.KeyOpen(_files.CertificateKeyFile ?? _files.CertificateFile);
    }
}

/// <summary>The events that <see cref="TlsStore"/> tells the log of its process.</summary>
internal interface ITlsEvents
{
    /// <summary>Certificates came into force.</summary>
    void Taken(TlsState state);

    /// <summary>Changed files cannot be used; the former certificates stay in force.</summary>
    void Refused(string errors);

    /// <summary>The certificate in force ends soon, or has ended.</summary>
    void NearEnd(string file, DateTimeOffset end);

    /// <summary>Every user of this machine may read the file with the key.</summary>
    void KeyOpen(string file);
}
