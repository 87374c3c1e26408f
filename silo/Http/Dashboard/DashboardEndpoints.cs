using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Dashboard;

/// <summary>
/// The dashboard: a few static files, compressed once. They hold no data: the page asks <c>/admin</c> with the credential that its reader typed in.
/// </summary>
internal static class DashboardEndpoints
{
    public const string Path = "/dashboard";
    public const string FilePath = "/dashboard/{file}";

    /// <summary>Nothing from elsewhere, no inline script or style, no frame around it.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Folder = "dashboard/";
    private const string Index = "index.html";

    private static readonly FrozenDictionary<string, DashboardFile> Files = Read();

    /// <summary>The size of all files as they are sent to a browser.</summary>
    public static long CompressedBytes => Files.Values.Sum(static f => f.Compressed.Length);

    /// <summary>Sends the page, or one of its files.</summary>
    public static async Task SendAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["file"] as string ?? Index;
        var response = context.Response;
        if (!Files.TryGetValue(name, out var file))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers[HeaderNames.XFrameOptions] = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        await Results.Bytes(GzipAnswer.IsTaken(context) ? file.Compressed : file.Plain, file.ContentType, entityTag: file.Tag).ExecuteAsync(context);
    }

    private static FrozenDictionary<string, DashboardFile> Read()
    {
        var assembly = typeof(DashboardEndpoints).Assembly;
        var files = new Dictionary<string, DashboardFile>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(static n => n.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            using var plain = new MemoryStream();
            stream.CopyTo(plain);
            files[resource[Folder.Length..]] = DashboardFile.Of(resource, plain.ToArray());
        }

        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>One file, ready to be sent.</summary>
    private sealed record DashboardFile(string ContentType, byte[] Plain, byte[] Compressed, EntityTagHeaderValue Tag)
    {
        public static DashboardFile Of(string name, byte[] plain)
        {
            var tag = Convert.ToHexString(SHA256.HashData(plain))[..16];
            var compressed = GzipAnswer.Compress(plain, CompressionLevel.SmallestSize);
            return new DashboardFile(TypeOf(name), plain, compressed, new EntityTagHeaderValue($"\"{tag}\""));
        }

        private static string TypeOf(string name) => System.IO.Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };
    }
}
