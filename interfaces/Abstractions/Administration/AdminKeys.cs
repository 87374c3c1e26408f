using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Administration;

/// <summary>
/// The keys of <see cref="AdminToken"/>, from a file that is looked at when they are needed, at most every two seconds. What cannot be read leaves
/// the last keys in force.
/// </summary>
internal sealed class AdminKeys
{
    private const int MaxBytes = 4_096;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly Action<string> _refused;
    private IReadOnlyList<byte[]> _keys;
    private long _readAt;
    private string? _told;

    private AdminKeys(string file, IReadOnlyList<byte[]> keys, TimeProvider time, Action<string> refused)
    {
        (_file, _keys, _time, _refused) = (file, keys, time, refused);
        _readAt = time.GetTimestamp();
    }

    /// <summary>The keys in force: the first signs, each verifies.</summary>
    public IReadOnlyList<byte[]> Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_readAt) >= Interval)
                    Refresh();
                return _keys;
            }
        }
    }

    /// <param name="refused">Is told why a changed file is not taken; once for each reason.</param>
    /// <exception cref="KplOptionsException">The file cannot be used.</exception>
    public static AdminKeys Open(string file, TimeProvider time, Action<string> refused) =>
        Read(file, out var error) is { } keys ? new AdminKeys(file, keys, time, refused) : throw new KplOptionsException([error!]);

    /// <summary>Reads the keys; null, with an error, if that fails. The error never quotes the file.</summary>
    public static IReadOnlyList<byte[]>? Read(string file, out string? error)
    {
        if (SmallFile.TryRead(file, MaxBytes, out var why) is not { } bytes)
        {
            error = $"Kpl:Cluster:AdminKeyFile '{file}' {why}";
            return null;
        }
        var keys = SmallFile.TryReadKeys(bytes, out why);
        error = keys is null ? $"Kpl:Cluster:AdminKeyFile '{file}' {why}" : null;
        return keys;
    }

    private void Refresh()
    {
        _readAt = _time.GetTimestamp();
        if (Read(_file, out var error) is { } keys)
            (_keys, _told) = (keys, null);
        else if (error != _told)
            _refused(_told = error!);
    }
}
