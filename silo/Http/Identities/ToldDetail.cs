using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Identities;

/// <summary>
/// How much an answer tells. AWS's own messages name accounts, roles, keys and sessions: they are for those who may look at the stream. Without
/// identities everybody is told all.
/// </summary>
internal static class ToldDetail
{
    /// <summary>What stands in the place of a message that the caller may not read.</summary>
    public const string Instead = "the tier's log says more";

    /// <summary>Whether the caller may read what AWS says of a stream.</summary>
    public static bool IsOf(HttpContext context, string stream) =>
        CallerRights.Find(context) is not { Id: not null } rights || rights.May(IdentityRole.Status, stream);

    /// <summary>Whether the caller may know how the whole process does, and not only whether it works.</summary>
    public static bool IsOfProcess(HttpContext context) => CallerRights.Find(context) is not { Id: not null } rights || rights.May(IdentityRole.Status);

    /// <summary>Returns the message, or what stands in its place. What is wrong with the caller's own record is told to everybody.</summary>
    public static string? Message(bool isTold, string? code, string? message) => isTold || message is null || RefusedRecord.IsCode(code) ? message : Instead;
}
