using System.Text;

namespace Orleans.Kpl.Cli.Tests.Running;

internal static class Bytes
{
    public static string Text(this byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
