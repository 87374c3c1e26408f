using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Kpl.Cli.Keys;

/// <summary>The user and the group that a file belongs to, where .NET does not tell them.</summary>
internal static class FileOwner
{
    private const int ThisFolder = -100;
    private const uint UserAndGroup = 0x18;

    /// <summary>Gives a file the owner and the group of another. Elsewhere than on Linux it does nothing.</summary>
    /// <exception cref="IOException">This user may not, or the system does not tell whose the other is.</exception>
    public static void Copy(string from, string to)
    {
        if (!OperatingSystem.IsLinux())
            return;
        if (GetStatus(ThisFolder, Text(from), 0, UserAndGroup, out var status) != 0 || ChangeOwner(Text(to), status.User, status.Group) != 0)
            throw new IOException($"it would not belong to whom it belonged: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static byte[] Text(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int GetStatus(int folder, byte[] path, int flags, uint mask, out Status status);

    [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
    private static extern int ChangeOwner(byte[] path, uint user, uint group);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;
    }
}
