using System.Globalization;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>A control group of this machine that limits the memory of what runs in it, as that of a container does: who goes beyond is killed.</summary>
internal sealed partial class MemoryGroup : IAsyncDisposable
{
    private readonly string _folder;

    private MemoryGroup(string folder) => _folder = folder;

    /// <summary>Where a process writes its id to join.</summary>
    public string Members => Path.Combine(_folder, "cgroup.procs");

    /// <summary>Bytes that its processes have for themselves; what is read from files is not among them, for it can be given back.</summary>
    public long PrivateBytes =>
        long.Parse(Private().Match(File.ReadAllText(Path.Combine(_folder, "memory.stat"))).Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>Makes a group within that of this process; skips the test where nobody may.</summary>
    /// <param name="limit">In bytes.</param>
    public static MemoryGroup Create(long limit)
    {
        foreach (var (parent, file) in Places())
        {
            var folder = Path.Combine(parent, $"kpl-{Guid.NewGuid():N}");
            try
            {
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, file), limit.ToString(CultureInfo.InvariantCulture));
                return new MemoryGroup(folder);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (Directory.Exists(folder))
                    Directory.Delete(folder);
            }
        }

        Assert.Skip("nobody may make a control group with a limit of memory here");
        return null;
    }

    /// <summary>Its processes have ended; the kernel may still be about to notice.</summary>
    public async ValueTask DisposeAsync() => await Waiting.UntilAsync(() =>
    {
        try
        {
            Directory.Delete(_folder);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }, $"{_folder} deleted");

    /// <summary>The folders in which a group may be made, each with the name of its limit: of the first version, and of the second.</summary>
    private static IEnumerable<(string Parent, string File)> Places()
    {
        if (!File.Exists("/proc/self/cgroup"))
            yield break;
        foreach (var line in File.ReadLines("/proc/self/cgroup"))
        {
            var parts = line.Split(':', 3);
            if (parts[1].Split(',').Contains("memory"))
                yield return ("/sys/fs/cgroup/memory" + parts[2], "memory.limit_in_bytes");
            else if (parts[0] == "0" && File.Exists("/sys/fs/cgroup/cgroup.controllers"))
                yield return ("/sys/fs/cgroup" + parts[2], "memory.max");
        }
    }

    [GeneratedRegex("(?m)^(?:total_rss|anon) ([0-9]+)$")]
    private static partial Regex Private();
}
