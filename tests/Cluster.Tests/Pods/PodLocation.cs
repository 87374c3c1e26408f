namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>Where a pod's program runs, beside what its environment says.</summary>
/// <param name="IsConfined">Whether it is confined as its container is.</param>
/// <param name="Silo">The program of another build; null for the one that is tested.</param>
/// <param name="Memory">What limits its memory; null for nothing.</param>
/// <param name="Secrets">The folder that it has at <c>/etc/kpl</c>; null for none. Only who is confined can have one.</param>
/// <param name="HttpPort">The port of its HTTP; 0 for a free one, which it says when it is ready.</param>
internal sealed record PodLocation(
    bool IsConfined = false, string? Silo = null, MemoryGroup? Memory = null, string? Secrets = null, int HttpPort = 0)
{
    /// <summary>As confined as this machine can.</summary>
    public static PodLocation Default { get; } = new(PodConfinement.IsThere);
}

/// <summary>Bubblewrap, which confines a process as a container: another user, a root that is read-only, an empty <c>/tmp</c>, no capabilities.</summary>
internal static class PodConfinement
{
    private const string Program = "/usr/bin/bwrap";

    /// <summary>Whether this machine has it.</summary>
    public static bool IsThere => File.Exists(Program);

    /// <summary>Skips the test where it is not there.</summary>
    public static void Need() => Assert.SkipUnless(IsThere, "bubblewrap is not installed");

    /// <summary>Returns the command that runs another one confined.</summary>
    /// <remarks>
    /// Not with <c>--die-with-parent</c>: the kernel takes the thread that started it for the parent, and threads of the pool end when they are idle.
    /// </remarks>
    /// <param name="folder">Where the program is: also below <c>/tmp</c> it is there.</param>
    /// <param name="secrets">What is at <c>/etc/kpl</c>; null for nothing.</param>
    public static IReadOnlyList<string> Command(string folder, string? secrets) =>
    [
        Program, "--unshare-user", "--uid", "1654", "--gid", "1654", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/",
        "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", folder, folder, .. secrets is null ? [] : Etc(secrets),
        "--cap-drop", "ALL", "--chdir", "/",
    ];

    /// <summary>A root that is read-only takes no new folder: so <c>/etc</c> is made anew, of what is in it and the secrets.</summary>
    private static IEnumerable<string> Etc(string secrets)
    {
        IEnumerable<string> all = ["--tmpfs", "/etc"];
        foreach (var entry in new DirectoryInfo("/etc").EnumerateFileSystemInfos().OrderBy(static e => e.Name, StringComparer.Ordinal))
            all = all.Concat(entry.LinkTarget is { } target ? ["--symlink", target, entry.FullName] : ["--ro-bind-try", entry.FullName, entry.FullName]);
        return all.Concat(["--ro-bind", secrets, "/etc/kpl", "--remount-ro", "/etc"]);
    }
}
