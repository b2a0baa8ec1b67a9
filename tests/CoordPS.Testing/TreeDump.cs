using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Testing;

/// <summary>A whole tree as text by path, to compare: data, every field of Stat, the access control list.</summary>
public static class TreeDump
{
    /// <summary>Reads the tree; as the super user, to be allowed to.</summary>
    public static async Task<Dictionary<string, string>> ReadAsync(ZooKeeperClient client, string top = "/")
    {
        Dictionary<string, string> dump = [];
        List<string> level = [top];
        while (level.Count > 0)
        {
            var nodes = await Task.WhenAll(level.Select(async path =>
            {
                Task<ZNodeData> data = client.GetDataAsync(path);
                Task<AclResult> acl = client.GetAclAsync(path);
                Task<ChildrenResult> children = client.GetChildrenAsync(path);
                return (Path: path, Data: await data.ConfigureAwait(false), Acl: await acl.ConfigureAwait(false), Children: await children.ConfigureAwait(false));
            })).ConfigureAwait(false);
            level = [];
            foreach ((string path, ZNodeData data, AclResult acl, ChildrenResult children) in nodes)
            {
                dump.Add(path, $"{Text(data.Data)} {data.Stat} {string.Join(',', acl.Acl)}");
                level.AddRange(children.Children.Select(child => ZPath.Combine(path, child)));
            }
        }

        return dump;
    }

    private static string Text(byte[]? data) => data is null ? "null"
        : data.Length <= 100 ? $"'{Convert.ToHexString(data)}'"
        : $"{data.Length} bytes {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(data))}";
}
